#ifndef HRM_TASK_TASK_H
#define HRM_TASK_TASK_H

#include "core/base/error.h"
#include "core/base/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A task is what the puzzles are, and all that depends on it: what a token means, where items
/// come from, how one becomes a training example, what leaves the right answer as it is, and when
/// an answer is right. Models, training, evaluation, votes and files see tokens, bytes of answers
/// and verdicts, and nothing else of it.
///
/// An *item* is a question with its right answer: shape.item_bytes bytes without padding, which
/// are compared, hashed and sent as they are. An *answer* is shape.answer_bytes bytes, equal just
/// when the answers are. A *view* is another way to ask the same question: shape.view_bytes bytes.
/// Nothing here allocates, and every function may be called by many threads.

/// The sizes of a task with given options. They decide the shape of its models.
struct hrm_task_shape {
    int positions;             ///< S: tokens of a question, and of a prediction
    int vocab;                 ///< V: tokens 0 .. V-1; 0 is padding: a label of 0 counts nothing
    int first_symbol, symbols; ///< tokens whose meaning is interchangeable; symbols 0: none
    int rows, columns;         ///< of the grid that the positions make, row by row; 0: no grid
    int box_rows, box_columns; ///< of the boxes in it; 0: none
    bool causal;               ///< a position may only look at those before it
    int frames;                ///< segments with inputs and labels of their own; 1: all alike
    int item_bytes, answer_bytes, view_bytes;
    int text_bytes; ///< of every question and answer as text, with its final 0
};

#define HRM_TASKS_MOST   8   ///< tasks
#define HRM_TASK_OPTIONS 64  ///< bytes of a task's options, at most
#define HRM_VIEW_BYTES   320 ///< of a view, at most
#define HRM_TASK_BANDS   8   ///< at most, of how hard an item is

/// A task with its options, ready for use. A plain value: may be copied and sent.
struct hrm_task {
    const struct hrm_task_kind *kind;
    struct hrm_task_shape shape;
    _Alignas(8) unsigned char options[HRM_TASK_OPTIONS]; ///< the struct that kind->options fills
};

/// What names a generated item, on any rank and machine.
struct hrm_item_key {
    uint64_t seed;
    int family;    ///< index into kind->families
    int split;     ///< 0 training, 1 validation, 2 test: no item of one is made for another
    int64_t index; ///< 0, 1, ...
};

/// What a training example depends on besides the item. Streams: HRM_RANDOM_AUGMENT and others of
/// the task at (seed, step, slot).
struct hrm_example_key {
    uint64_t seed;
    int64_t step; ///< training step
    int64_t slot; ///< slot of the global batch
    bool augment; ///< draw a view and what the options of training ask for; false: as it is
    int moves;    ///< Sudoku: times that a given moves, at most
    bool mixing;  ///< replace half of the questions by easier copies, where the task has them
};

/// What an answer is worth.
struct hrm_verdict {
    bool right;     ///< it is the item's answer
    bool certified; ///< it is an answer to the question, by the rules and without the item's answer
    int defects;    ///< how far it is from the rules; 0 when certified
    int matches;    ///< positions that are those of the item's answer, 0 .. S
};

/// A kind of views, such as relabelled digits.
struct hrm_view_kind {
    const char *name;     ///< as in a list of perturbations: "cyclic"
    const char *plural;   ///< what its members are, in a table: "symmetries"
    bool relabels;        ///< gives symbols other names and changes nothing else
    const char *excludes; ///< name of another kind that may not be in the same list, or NULL
    const char *help;
};

/// One row per task; core/task/tasks.c lists them.
struct hrm_task_kind {
    const char *name;                 ///< "sudoku": of the task, and of its section of options
    const char *plural;               ///< "Sudoku puzzles", for messages
    const char *defects;              ///< what a judge counts: "repeated digits"
    const char *help;                 ///< one line
    const struct hrm_option *options; ///< [option_count]; their defaults are the usual task
    int option_count;

    /// Fill the shape. Errors: HRM_USAGE naming the option and what there is.
    int (*shape)(const void *options, struct hrm_task_shape *shape, struct hrm_error *error);

    // --- items --------------------------------------------------------------------------------
    /// Make an item of a question and its answer as texts; without an answer (NULL) find it.
    /// Checks that the answer answers the question. Errors: HRM_DATA, in words that follow the
    /// place, as "line 7: ".
    int (*read)(const struct hrm_task *task, const char *question, const char *answer,
                int32_t rating, void *item, struct hrm_error *error);
    /// How many answers the question has: 1; 2 for several; 0 where it is not known. NULL: never.
    int (*answers)(const struct hrm_task *task, const void *item);
    bool one_answer; ///< a question with several is a faulty one
    /// Make an item of the tokens of its question, its answer and its rating, as ask() of the
    /// identity, solution() and rating() give them. Errors: HRM_DATA, as of read().
    /// @param question  [in] tokens [S]
    int (*assemble)(const struct hrm_task *task, const uint16_t *question, const uint8_t *answer,
                    int32_t rating, void *item, struct hrm_error *error);
    /// Write the question; an answer to the item's question. @param text [out] [shape.text_bytes]
    void (*question_text)(const struct hrm_task *task, const void *item, char *text);
    void (*answer_text)(const struct hrm_task *task, const void *item, const uint8_t *answer,
                        char *text);
    /// The same for people, many lines: `answer` may be NULL. @param text [out] [size]
    void (*pretty)(const struct hrm_task *task, const void *item, const uint8_t *answer, char *text,
                   size_t size);
    /// Make an item, the same for the same key on every machine. NULL: the task has no generator.
    int (*generate)(const struct hrm_task *task, const struct hrm_item_key *key, void *item,
                    struct hrm_error *error);
    const char *families; ///< of the generator, separated by '|'; the first is the default
    /// How hard an item is: its rating, -1 for unknown, and the band of it, 0 .. bands-1.
    int32_t (*rating)(const struct hrm_task *task, const void *item);
    int (*band)(int32_t rating);
    const char *const *band_names; ///< [bands]
    int bands;

    // --- training -----------------------------------------------------------------------------
    /// @param inputs, labels [out] tokens [S]; a label of 0 is not learned
    void (*example)(const struct hrm_task *task, const void *item,
                    const struct hrm_example_key *key, int frame, uint16_t *inputs,
                    uint16_t *labels);

    // --- evaluation ---------------------------------------------------------------------------
    const struct hrm_view_kind *views; ///< [view_kinds]
    int view_kinds;
    /// Members of a kind, at most; member 0 is the identity. NULL without views.
    int64_t (*view_members)(const struct hrm_task *task, int kind);
    /// The identity (of a task without views too); member `member` of a kind, drawn from (seed,
    /// member) where it is random.
    void (*view_identity)(const struct hrm_task *task, void *view);
    void (*view_make)(const struct hrm_task *task, int kind, int64_t member, uint64_t seed,
                      void *view);
    /// view = first, then second; may be either.
    void (*view_compose)(const struct hrm_task *task, const void *first, const void *second,
                         void *view);
    /// The question under a view. @param inputs [out] tokens [S]
    void (*ask)(const struct hrm_task *task, const void *item, const void *view, uint16_t *inputs);
    /// What the model predicts, brought back. @param predictions [in] tokens [S]
    void (*answer)(const struct hrm_task *task, const void *item, const void *view,
                   const uint16_t *predictions, uint8_t *answer);
    /// The item's own answer.
    void (*solution)(const struct hrm_task *task, const void *item, uint8_t *answer);
    void (*judge)(const struct hrm_task *task, const void *item, const uint8_t *answer,
                  struct hrm_verdict *verdict);
};

/// All tasks, NULL at the end; the first is the default.
extern const struct hrm_task_kind *const hrm_task_kinds[];

/// The kind of that name. Errors: HRM_USAGE naming those that there are; then NULL.
const struct hrm_task_kind *hrm_task_kind_find(const char *name, struct hrm_error *error);

/// Section `kind->name` of a configuration, filling task->options. Sets task->kind.
struct hrm_option_section hrm_task_section(struct hrm_task *task, const struct hrm_task_kind *kind);

/// Fill the shape from the kind and the options. Errors: HRM_USAGE.
int hrm_task_open(struct hrm_task *task, struct hrm_error *error);

/// The options of all tasks, of which one is then chosen.
struct hrm_task_choice {
    _Alignas(8) unsigned char options[HRM_TASKS_MOST][HRM_TASK_OPTIONS]; ///< as hrm_task_kinds
};

/// The sections of all tasks, for a command that can be given any of them. Returns how many.
/// @param sections  [out] [HRM_TASKS_MOST]
int hrm_task_choice_sections(struct hrm_task_choice *choice, struct hrm_option_section *sections);

/// Open the task `name` with its options. Errors: HRM_USAGE.
int hrm_task_choose(struct hrm_task *task, const char *name, const struct hrm_task_choice *choice,
                    struct hrm_error *error);

/// Open the task that a configuration, an INI text, names as "train.task"; the first of
/// hrm_task_kinds where it names none, as older ones do. Errors: HRM_USAGE.
int hrm_task_configured(struct hrm_task *task, const char *config, struct hrm_error *error);

/// kind->read() for a model: what it answers decides the size, and a question of another size is
/// told so. Errors: HRM_DATA, as of read().
int hrm_task_read_asked(const struct hrm_task *task, const char *question, const char *answer,
                        int32_t rating, void *item, struct hrm_error *error);

/// Whether an item of one is an item of the other.
bool hrm_task_same(const struct hrm_task *a, const struct hrm_task *b);

#define HRM_TASK_TEXT 96

/// "Sudoku puzzles of 9x9".
void hrm_task_describe(const struct hrm_task *task, char text[HRM_TASK_TEXT]);

/// A task with the defaults of its options.
void hrm_task_default(struct hrm_task *task, const struct hrm_task_kind *kind);

#endif
