#include "core/eval/perturbation.h"
#include "jobs/eval/eval_options.h"
#include "jobs/train/train_options.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// All that a configuration can hold.
struct options {
    struct hrm_model_config model;
    struct train_options train;
    struct eval_options eval;
};

enum { SECTIONS = 4 };

static void list_sections(struct options *options, struct hrm_option_section sections[SECTIONS])
{
    sections[0] = hrm_model_config_section(&options->model);
    sections[1] = train_options_section(&options->train);
    sections[2] = eval_options_section(&options->eval);
    sections[3] = (struct hrm_option_section){.name = "foreign"};
}

/// A configuration as text, which the caller frees.
static char *print(struct options *options, size_t *size)
{
    struct hrm_option_section sections[SECTIONS];
    char *text = NULL;
    FILE *stream = open_memstream(&text, size);
    list_sections(options, sections);
    hrm_options_write(sections, SECTIONS - 1, stream);
    fclose(stream);
    return text;
}

/// What was read is printed, read again, and printed the same.
static void require_round_trip(struct options *options)
{
    struct options again;
    struct hrm_option_section sections[SECTIONS];
    size_t sizes[2];
    memset(&again, 0, sizeof again);
    list_sections(&again, sections);
    hrm_options_default(sections, SECTIONS);
    char *text = print(options, &sizes[0]);
    fuzz_put(text, sizes[0]);
    FUZZ_REQUIRE(hrm_options_read(sections, SECTIONS, fuzz_path(), NULL) == HRM_OK);
    char *copy = print(&again, &sizes[1]);
    FUZZ_REQUIRE(sizes[0] == sizes[1] && memcmp(text, copy, sizes[0]) == 0);
    free(text);
    free(copy);
}

/// Lists of perturbations are texts with a grammar of their own.
static void require_perturbations(const char *text)
{
    struct hrm_perturbations list, again;
    struct hrm_task task;
    hrm_task_default(&task, hrm_task_kinds[0]);
    char first[HRM_PERTURBATIONS_TEXT], second[HRM_PERTURBATIONS_TEXT];
    if (hrm_perturbations_parse(text, &task, 1, &list, NULL) != HRM_OK)
        return;
    int64_t count = hrm_perturbations_count(&list);
    FUZZ_REQUIRE(count >= 1 && count <= HRM_PERTURBATIONS_MOST);
    hrm_perturbations_make(&list, count - 1);
    hrm_perturbations_format(&list, first);
    FUZZ_REQUIRE(hrm_perturbations_parse(first, &task, 1, &again, NULL) == HRM_OK);
    hrm_perturbations_format(&again, second);
    FUZZ_REQUIRE(strcmp(first, second) == 0);
}

/// The input is a configuration file.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct options options;
    struct hrm_option_section sections[SECTIONS];
    struct hrm_error error = {0};
    list_sections(&options, sections);
    hrm_options_default(sections, SECTIONS);
    fuzz_put(data, size);
    int status = hrm_options_read(sections, SECTIONS, fuzz_path(), &error);
    fuzz_outcome(status, HRM_USAGE, fuzz_path(), &error);
    require_perturbations(options.eval.perturbations);
    hrm_model_config_check(&options.model, NULL);
    if (status == HRM_OK)
        require_round_trip(&options);
    return 0;
}
