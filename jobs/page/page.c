#include "jobs/page/page.h"

#include <time.h>

/// A phone gets the narrow pictures, and its tables move under their first column. Pictures of one
/// column of a paper stand side by side where there is room.
static const char STYLE[] =
    ":root{color-scheme:light dark;--ink:#1b1b1b;--soft:#5a5a5a;--rule:#d0d0d0;--ground:#fff;"
    "--band:#f4f5f7}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6e6e6;--soft:#a4a4a4;--rule:#444;"
    "--ground:#161616;--band:#222}}\n"
    "body{margin:0;background:var(--ground);color:var(--ink);"
    "font:15px/1.5 Helvetica,Arial,\"Liberation Sans\",sans-serif}\n"
    "main{max-width:940px;margin:0 auto;padding:24px 20px 60px}\n"
    "h1{font-size:27px;line-height:1.25;margin:0 0 6px}h1 small{font-size:17px;font-weight:normal;"
    "color:var(--soft);white-space:nowrap}h2{font-size:18px;margin:38px 0 8px}\n"
    "p{margin:6px 0}.soft,figcaption,caption{color:var(--soft);font-size:13px}\n"
    ".wide{overflow-x:auto;-webkit-overflow-scrolling:touch}\n"
    "table{border-collapse:separate;border-spacing:0;font-size:13.5px;font-variant-numeric:tabular-"
    "nums;margin:10px "
    "0}\n"
    "caption{caption-side:bottom;text-align:left;padding-top:6px}\n"
    "th,td{padding:5px 9px;text-align:right;vertical-align:top;border-top:1px solid var(--rule)}\n"
    "thead th{border:0;vertical-align:bottom;white-space:nowrap}"
    "tbody tr:first-child>*{border-top:2px solid var(--soft)}"
    "tbody tr:last-child>*{border-bottom:1px solid var(--rule)}\n"
    "th:first-child,.text,.path{text-align:left}tbody th{font-weight:normal}\n"
    "td small{display:block;color:var(--soft);white-space:nowrap;font-size:11.5px}\n"
    ".bound{background:var(--band)}\n"
    ".path{overflow-wrap:anywhere}\n"
    "figure{margin:10px 0}figcaption{padding-top:5px}"
    "figure svg{display:block;width:100%;height:auto;max-width:900px}"
    "figure .phone{display:none}\n"
    "@media screen and (max-width:640px){main{padding:18px 14px 48px}h1{font-size:23px}"
    "figure .desk{display:none}figure .phone{display:block}"
    "th:first-child{position:sticky;left:0;background:var(--ground);max-width:38vw}"
    "p,.soft,figcaption{font-size:14.5px}.path{min-width:190px}.text:last-child{min-width:150px}"
    "thead .text{white-space:normal}}\n"
    "code{font-size:12.5px;overflow-wrap:anywhere}\n"
    "@media print{@page{margin:14mm}body{font-size:10pt}main{max-width:none;padding:0}"
    "table{font-size:8pt}th,td{padding:3px 5px}td small{font-size:7pt}"
    "figure,tr{break-inside:avoid}h2{break-after:avoid}.wide{overflow:visible}}\n";

void page_begin(FILE *stream)
{
    fputs("<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n"
          "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n<title>",
          stream);
}

void page_body(FILE *stream)
{
    fprintf(stream, "</title>\n<style>\n%s</style>\n<main>\n", STYLE);
}

void page_end(FILE *stream)
{
    fputs("</main>\n</html>\n", stream);
}

void page_day(int64_t seconds, FILE *stream)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    time_t when = (time_t)seconds;
    struct tm day;
    if (gmtime_r(&when, &day))
        fprintf(stream, "<time datetime=%04d-%02d-%02d>%d %s %d</time>", day.tm_year + 1900,
                day.tm_mon + 1, day.tm_mday, day.tm_mday, months[day.tm_mon], day.tm_year + 1900);
}
