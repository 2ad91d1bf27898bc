/// same_data A B: whether every dataset of two HDF5 files has the same bytes. What depends on the
/// clock is left out: the attributes, and the array `extra` of a state with its checksums.
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    hid_t other;
    int datasets, different;
};

static void *read_all(hid_t file, const char *name, size_t *bytes)
{
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
    if (set < 0)
        return NULL;
    hid_t space = H5Dget_space(set), type = H5Dget_type(set);
    *bytes = (size_t)H5Sget_simple_extent_npoints(space) * H5Tget_size(type);
    void *data = malloc(*bytes + 1);
    if (data && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) {
        free(data);
        data = NULL;
    }
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(set);
    return data;
}

static herr_t compare(hid_t file, const char *name, const H5O_info_t *info, void *context)
{
    struct pair *pair = context;
    size_t here = 0, there = 0;
    if (info->type != H5O_TYPE_DATASET || strcmp(name, "extra") == 0 ||
        strcmp(name, "sums/extra") == 0)
        return 0;
    void *left = read_all(file, name, &here), *right = read_all(pair->other, name, &there);
    pair->datasets++;
    if (!left || !right || here != there || memcmp(left, right, here) != 0) {
        printf("%s differs\n", name);
        pair->different++;
    }
    free(left);
    free(right);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    struct pair pair = {.other = H5Fopen(argv[2], H5F_ACC_RDONLY, H5P_DEFAULT)};
    hid_t file = H5Fopen(argv[1], H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0 || pair.other < 0) {
        printf("%s cannot be opened\n", argv[file < 0 ? 1 : 2]);
        return 2;
    }
    H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, compare, &pair, H5O_INFO_BASIC);
    H5Fclose(file);
    H5Fclose(pair.other);
    return pair.datasets == 0 || pair.different > 0;
}
