/*
 * jupref-journal: arguments in, one command called.
 */

#include "log/tool/jupref_tool.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


/* Bits of the options that a command takes beside the first three. */
#define JUPREF_TAKES_RANGE  0x01
#define JUPREF_TAKES_OUT    0x02
#define JUPREF_TAKES_ZONE   0x04
#define JUPREF_TAKES_JSON   0x08
#define JUPREF_TAKES_YES    0x10


typedef struct {
    const char      *name;
    jupref_exit_e  (*run)(jupref_tool_t *tool);
    unsigned         takes;
    const char      *arguments;
    const char      *does;
} jupref_command_t;


static const jupref_command_t  jupref_commands[] = {
    { "verify", jupref_tool_verify, JUPREF_TAKES_JSON, "[--json]",
      "look at every byte: opens, hashes, folds, compares, balances" },
    { "dump", jupref_tool_dump, JUPREF_TAKES_RANGE,
      "[--from=SEQ] [--to=SEQ]", "the events, a line of JSON each" },
    { "stat", jupref_tool_stat, JUPREF_TAKES_ZONE | JUPREF_TAKES_JSON,
      "[--zone=SIZE] [--json]",
      "segments, keys, snapshots, bytes an event, sums, room in a zone" },
    { "repair", jupref_tool_repair, JUPREF_TAKES_YES, "[--yes]",
      "say what it takes for nginx to start; with --yes, do it" },
    { "rewrap", jupref_tool_rewrap, 0, "",
      "move every file to the keyring's first seal key" },
    { "export", jupref_tool_export, JUPREF_TAKES_RANGE | JUPREF_TAKES_OUT,
      "--from=DATE --to=DATE [--out=DIR]", "trades as CSV, a file a day" }
};


/* In the order of jupref_option. */
static const struct option  jupref_options[] = {
    { "state", required_argument, NULL, 0 },
    { "keyring", required_argument, NULL, 0 },
    { "edge", required_argument, NULL, 0 },
    { "from", required_argument, NULL, 0 },
    { "to", required_argument, NULL, 0 },
    { "out", required_argument, NULL, 0 },
    { "zone", required_argument, NULL, 0 },
    { "json", no_argument, NULL, 0 },
    { "yes", no_argument, NULL, 0 },
    { NULL, 0, NULL, 0 }
};


static const jupref_command_t *jupref_command(const char *name);
static jupref_exit_e jupref_arguments(jupref_tool_t *tool,
    const jupref_command_t *command, int count, char **words);
static jupref_exit_e jupref_option(jupref_tool_t *tool,
    const jupref_command_t *command, int which, const char *value);
static unsigned jupref_option_given(const struct option *option,
    const char *word);
static void jupref_usage(FILE *out);


int
main(int count, char **words)
{
    jupref_exit_e            code;
    jupref_tool_t           *tool;
    const jupref_command_t  *command;

    if (count < 2) {
        jupref_usage(stderr);
        return JUPREF_EXIT_USAGE;
    }

    if (strcmp(words[1], "--help") == 0 || strcmp(words[1], "help") == 0) {
        jupref_usage(stdout);
        return JUPREF_EXIT_GOOD;
    }

    command = jupref_command(words[1]);

    if (command == NULL) {
        fprintf(stderr, "jupref-journal: there is no command \"%s\"; see "
                "jupref-journal --help\n", words[1]);
        return JUPREF_EXIT_USAGE;
    }

    tool = calloc(1, sizeof(jupref_tool_t));

    if (tool == NULL) {
        fprintf(stderr, "jupref-journal: out of memory\n");
        return JUPREF_EXIT_FAILED;
    }

    tool->command = command->name;
    tool->directory = -1;
    tool->lock = -1;

    code = jupref_arguments(tool, command, count - 1, words + 1);

    if (code == JUPREF_EXIT_GOOD) {
        code = jupref_tool_open(tool);
    }

    if (code == JUPREF_EXIT_GOOD) {
        code = command->run(tool);
    }

    if ((fflush(stdout) != 0 || ferror(stdout)) && code == JUPREF_EXIT_GOOD) {
        code = jupref_tool_say(tool, JUPREF_EXIT_FAILED,
                               "the output can't be written");
    }

    jupref_tool_close(tool);
    free(tool);

    return code;
}


static const jupref_command_t *
jupref_command(const char *name)
{
    size_t  i;

    for (i = 0; i < sizeof(jupref_commands) / sizeof(jupref_commands[0]); i++)
    {
        if (strcmp(jupref_commands[i].name, name) == 0) {
            return &jupref_commands[i];
        }
    }

    return NULL;
}


static jupref_exit_e
jupref_arguments(jupref_tool_t *tool, const jupref_command_t *command,
    int count, char **words)
{
    int            which, at;
    jupref_exit_e  code;

    opterr = 0;

    for ( ;; ) {
        at = optind;
        which = -1;

        switch (getopt_long(count, words, "+:", jupref_options, &which)) {

        case -1:
            if (optind < count) {
                return jupref_tool_say(tool, JUPREF_EXIT_USAGE,
                                       "unknown argument \"%s\"",
                                       words[optind]);
            }

            if (tool->given.state == NULL || tool->given.keyring == NULL) {
                return jupref_tool_say(tool, JUPREF_EXIT_USAGE,
                                       "--%s must be given",
                                       tool->given.state == NULL ? "state"
                                                                 : "keyring");
            }

            return JUPREF_EXIT_GOOD;

        case 0:

            /* getopt takes "--y" for "--yes": not here */

            if (!jupref_option_given(&jupref_options[which], words[at])) {
                return jupref_tool_say(tool, JUPREF_EXIT_USAGE,
                                       "unknown option \"%s\"", words[at]);
            }

            code = jupref_option(tool, command, which, optarg);

            if (code != JUPREF_EXIT_GOOD) {
                return code;
            }

            break;

        case ':':
            return jupref_tool_say(tool, JUPREF_EXIT_USAGE,
                                   "\"%s\" needs a value", words[at]);

        default:
            return jupref_tool_say(tool, JUPREF_EXIT_USAGE,
                                   "unknown option \"%s\"", words[at]);
        }
    }
}


static jupref_exit_e
jupref_option(jupref_tool_t *tool, const jupref_command_t *command, int which,
    const char *value)
{
    jupref_arguments_t  *given = &tool->given;

    struct {
        const char  **value;
        unsigned      takes;
    } places[] = {
        { &given->state, 0 },
        { &given->keyring, 0 },
        { &given->edge, 0 },
        { &given->from, JUPREF_TAKES_RANGE },
        { &given->to, JUPREF_TAKES_RANGE },
        { &given->out, JUPREF_TAKES_OUT },
        { &given->zone, JUPREF_TAKES_ZONE },
        { NULL, JUPREF_TAKES_JSON },
        { NULL, JUPREF_TAKES_YES }
    };

    if (places[which].takes
        && (command->takes & places[which].takes) == 0)
    {
        return jupref_tool_say(tool, JUPREF_EXIT_USAGE,
                               "takes no option \"--%s\"",
                               jupref_options[which].name);
    }

    if (places[which].takes == JUPREF_TAKES_JSON) {
        given->json = 1;

    } else if (places[which].takes == JUPREF_TAKES_YES) {
        given->yes = 1;

    } else if (*places[which].value != NULL) {
        return jupref_tool_say(tool, JUPREF_EXIT_USAGE,
                               "\"--%s\" is given twice",
                               jupref_options[which].name);

    } else if (value[0] == '\0') {
        return jupref_tool_say(tool, JUPREF_EXIT_USAGE,
                               "\"--%s\" needs a value",
                               jupref_options[which].name);

    } else {
        *places[which].value = value;
    }

    return JUPREF_EXIT_GOOD;
}


static unsigned
jupref_option_given(const struct option *option, const char *word)
{
    size_t  len;

    len = strlen(option->name);

    return strncmp(word, "--", 2) == 0
           && strncmp(word + 2, option->name, len) == 0
           && (word[2 + len] == '\0' || word[2 + len] == '=');
}


static void
jupref_usage(FILE *out)
{
    size_t  i;

    fputs("usage: jupref-journal COMMAND --state=DIR --keyring=FILE "
          "[--edge=NAME]\n\n", out);

    for (i = 0; i < sizeof(jupref_commands) / sizeof(jupref_commands[0]); i++)
    {
        fprintf(out, "  %-6s %-34s %s\n", jupref_commands[i].name,
                jupref_commands[i].arguments, jupref_commands[i].does);
    }

    fputs("\nDIR and FILE are those of jupref_zone's state= and of "
          "jupref_keyring.\n"
          "Exit: 0 good, 1 something is wrong with the state, 2 with the "
          "arguments,\n"
          "3 it could not be done.\n", out);
}
