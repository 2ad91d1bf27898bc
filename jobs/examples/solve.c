// Solve a Sudoku with a model that hrmpi has trained:
//     solve
//     MODEL.h5 8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4..
#include <hrm.h>

#include <stdio.h>
#include <string.h>

enum { CELLS = 81 };

/// Think until the model wants to halt. Returns the segments run, or -1 with a text in `error`.
static int think(const hrm_model_t *model, const uint16_t *tokens, uint16_t *answer, char *error)
{
    hrm_worker_t *worker = NULL;
    struct hrm_model_shape shape;
    struct hrm_halting_q q = {0};
    int segments = 0;
    hrm_model_shape(model, &shape);
    int code = hrm_worker_open(model, 1, &worker, error);
    while (code == HRM_DONE && !q.halts && segments < shape.segments) {
        code = hrm_worker_segment(worker, 1, tokens, NULL, error);
        if (code == HRM_DONE)
            code = hrm_worker_q(worker, 0, &q, error);
        segments++;
    }
    if (code == HRM_DONE)
        code = hrm_worker_tokens(worker, 0, answer, error);
    hrm_worker_close(worker);
    return code == HRM_DONE ? segments : -1;
}

int main(int argc, char **argv)
{
    hrm_model_t *model = NULL;
    struct hrm_model_shape shape = {0};
    uint16_t tokens[CELLS], answer[CELLS];
    char error[HRM_ERROR_SIZE] = "";
    int segments = -1;
    if (argc != 3 || strlen(argv[2]) != CELLS) {
        fprintf(stderr,
                "usage: solve MODEL.h5 PUZZLE, of 81 characters: 1 to 9, and . for a blank\n");
        return 2;
    }
    for (int i = 0; i < CELLS; i++) // a blank is token 1, a digit the token behind its own
        tokens[i] = argv[2][i] >= '1' && argv[2][i] <= '9' ? (uint16_t)(argv[2][i] - '0' + 1) : 1;
    if (hrm_model_open(argv[1], "auto", &model, error) == HRM_DONE)
        hrm_model_shape(model, &shape);
    if (shape.positions == CELLS)
        segments = think(model, tokens, answer, error);
    for (int i = 0; i < CELLS && segments > 0; i++)
        putchar(answer[i] > 1 ? '0' + answer[i] - 1 : '.');
    if (segments > 0)
        printf(" after %d segments on %s\n", segments, hrm_model_backend(model));
    else
        fprintf(stderr, "solve: %s\n", *error ? error : "this is no model of Sudoku 9x9");
    hrm_model_close(model);
    return segments > 0 ? 0 : 1;
}
