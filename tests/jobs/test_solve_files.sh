#!/bin/sh
# Puzzles in every form that people have: all of them are read, or the line is named.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
odd=$HRM_SOURCE/tests/fixtures/odd
"$HRMPI" train --preset tiny --output run --steps 1 --threads 1 >out 2>err || fail "training"
gzip -dc "$odd/s_base.csv.gz" | sed 1d | cut -d, -f2 >known
answer=$(gzip -dc "$odd/s_base.csv.gz" | sed -n 2p | cut -d, -f3)
first=$(head -1 known)
second=$(sed -n 2p known)

# read_file FILE [ARGUMENT...]: solve it with a model that knows nothing; its questions are then in
# the file `asked`.
read_file() {
    expect_exit 5 "$HRMPI" solve --json --checkpoints run --perturbations none --segments 1 \
        --threads 1 --file "$@"
    sed -n 's/^ *"question": "\([^"]*\)",*$/\1/p' out >asked
}

# expect_puzzles FILE COUNT: the first so many of the known ones, and their number is said.
expect_puzzles() {
    read_file "$1"
    head -n "$2" known | cmp -s - asked || fail "$1: other puzzles are read"
    grep -q "^hrmpi: $2 puzzles* read from $1\$" err || fail "$1: the number is not said"
}

# Tables, of five rows each, whatever else they have.
for name in blank_dash blank_sp blank_star blank_us blank_x blankline commsource cr crlf emptyrating \
    emptysource extra floatrating index kaggle kaggle3m longsource mixed nonl norating order \
    pandasindex quotedrows; do
    expect_puzzles "$odd/$name.csv" 5
done
expect_puzzles "$odd/multi.csv.gz" 5
expect_puzzles "$odd/s_base.csv.gz" 5
# One and two puzzles.
for name in 9x9.txt dash.txt exch.txt json.json kaggle.csv lead.txt one.txt sdk.sdk sdkpuz.sdk \
    sdx.sdx semi.txt sharp.txt spaces.txt sq.txt src81.csv ss.ss star.txt tab.txt upper.csv us.txt; do
    expect_puzzles "$odd/s_$name" 1
done
for name in 9x9two.txt bom.txt crlf.txt sdm.sdm; do
    expect_puzzles "$odd/s_$name" 2
done
# What solve prints: the grid, which is complete.
read_file "$odd/s_pretty.txt"
[ "$(cat asked)" = "$answer" ] || fail "the printed grid is another"

# The answer beside the question is no puzzle, whichever comes first.
printf 'source,answer,question,rating\na,%s,%s,12\n' "$answer" "$first" >reversed.csv
expect_puzzles reversed.csv 1
printf '%s %s\n' "$answer" "$first" >beside.txt
expect_puzzles beside.txt 1
# Two on a line, and after each other with CR only.
printf '%s %s\n' "$first" "$second" >two.txt
expect_puzzles two.txt 2
printf '%s\r%s\r' "$first" "$second" >cr.txt
expect_puzzles cr.txt 2
printf '%s\n' "$first" | tr '.' X >capital.txt
expect_puzzles capital.txt 1
printf '%s\n' "$first" | tr '.' ' ' >blanks.txt
expect_puzzles blanks.txt 1
printf '%s\n' "$first" | sed 's/./&,/g; s/,$//' | tr . 0 >commas.txt
expect_puzzles commas.txt 1
printf '%s\n' "$first" | fold -w 9 | sed 's/\(...\)/| \1 /g; s/$/|/; 3a+-----+-----+-----+' >framed.txt
expect_puzzles framed.txt 1
printf 'Board;note\n%s;a, b\n%s;"c;d"\n' "$first" "$second" >semicolon.csv
expect_puzzles semicolon.csv 2
printf 'note\tQUIZZES\na;b\t%s\n' "$first" >tab.csv
expect_puzzles tab.csv 1

# JSON: lists of texts, of numbers, and objects, one or several.
printf '["%s",\n "%s"]\n' "$first" "$second" >list.json
expect_puzzles list.json 2
printf '{"puzzles": [{"board": "%s", "solution": "%s"}, {"board": "%s"}]}' "$first" "$answer" \
    "$second" >object.json
expect_puzzles object.json 2
printf '{"puzzle": "%s"}\n{"puzzle": "%s"}\n' "$first" "$second" >lines.json
expect_puzzles lines.json 2
printf '%s\n' "$first" | tr . 0 | fold -w 9 | sed 's/./&,/g; s/,$//; s/^/[/; s/$/],/; 1s/^/[/; $s/,$/]/' >rows.json
expect_puzzles rows.json 1

# Gzip, a compiled set, a pipe, and what solve itself prints in every form.
gzip -c two.txt >two.txt.gz
expect_puzzles two.txt.gz 2
expect_exit 0 "$HRMPI" data convert "$odd/s_base.csv.gz" set.h5
expect_puzzles set.h5 5
mkfifo pipe
cat two.txt >pipe &
expect_puzzles pipe 2
none=77$(printf '%079d' 0 | tr 0 .)
"$HRMPI" solve --json --checkpoints run --segments 1 --file two.txt "$none" >printed 2>err
read_file printed
[ "$(cat asked)" = "$(printf '%s\n' "$none" "$first" "$second")" ] || fail "JSON of solve is not read"
for form in --plain --segments=1; do
    "$HRMPI" solve $form --checkpoints run --segments 1 --file two.txt "$none" >printed 2>err
    read_file printed
    [ "$(wc -l <asked)" -eq 3 ] || fail "what solve $form prints is not read"
    [ "$(head -1 asked)" = "$none" ] || fail "the question that was not run is lost"
done

# Not understood: the line, and no puzzle is left out silently.
expect_bad() {
    expect_exit 3 "$HRMPI" solve --plain --checkpoints run --file "$1"
    shift
    expect_text "hrmpi: error:" "hint:" "$@"
}
expect_bad "$odd/s_82.txt" "s_82.txt:1: a board has 82 characters"
expect_bad "$odd/s_q.txt" "s_q.txt:1: there is no puzzle"
printf '%s\n%s q%s\n' "$first" "$first" "$(echo "$second" | cut -c2-)" >word.txt
expect_bad word.txt "word.txt:2: character 'q' at position 1"
printf '%s\n' "$first" | fold -w 9 | head -8 >short.txt
expect_bad short.txt "short.txt:1: a grid of 8 rows"
cat short.txt two.txt >mixed.txt
expect_bad mixed.txt "mixed.txt:1: a grid of 8 rows"
printf '%s%s\n' "$first" "$second" >glued.txt
expect_bad glued.txt "glued.txt:1: a board has 162 characters"
printf 'question,answer\n%s,%s\n%s\n' "$first" "$answer" "$second" >fields.csv
expect_bad fields.csv "fields.csv:3: 1 fields, the header has 2"
printf 'puzzle,board\na,%s\n' "$first" >both.csv
expect_bad both.csv "both.csv:1: columns 'puzzle' and 'board' are the same thing"
printf '["%s", 5]' "$first" >number.json
expect_bad number.json "number.json:1: no text, list or object"
printf '["%s",\n\n {"grid": "%s"}]' "$first" "$second" >nothing.json
expect_bad nothing.json "nothing.json:3: an object names no question"
printf '["%s",\n "%s"' "$first" "$second" >cut.json
expect_bad cut.json "cut.json:2: JSON:"
printf '[{"id": "a\\"[", "list": [[1, 2], {}],\n "puzzle": "%s"},\n{"puzzle":\n"12345"}]' "$first" >row.json
expect_bad row.json "row.json:4: 5 characters, wanted 81"
printf '# nothing\n' >nothing.txt
expect_bad nothing.txt "has no puzzles"
mkdir folder
expect_bad folder "folder: cannot read: Is a directory"

# The same readers behind puzzle sets: the tables are read, the rest is refused at its first line.
for file in "$odd"/*; do
    case $file in
    *.csv | *.csv.gz)
        rows=5
        case $file in */s_base*) ;; */s_*) rows=1 ;; esac
        expect_exit 0 "$HRMPI" data check "$file" --threads 1
        expect_text "every puzzle is sound" "puzzles                            $rows"
        ;;
    *)
        expect_exit 3 "$HRMPI" data check "$file"
        expect_text "$file:1: header is" "hint:" "hrmpi solve --file"
        ;;
    esac
done

# The line before the header by which Excel knows the separator.
{
    printf 'sep=;\r\n'
    tr ',' ';' <"$odd/nonl.csv"
} >excel.csv
expect_exit 0 "$HRMPI" data check excel.csv --threads 1
expect_text "puzzles                            5"
expect_exit 0 "$HRMPI" solve --plain --file excel.csv
expect_text "5 puzzles read"
