/*
 * Changes one byte after the other in a state directory and looks whether
 * jupref-journal names the file, for every position of every file:
 *
 *     journal_flip <state> <keyring> <part> <parts>
 *
 * The command runs in a fork of this program, under the same sanitizers.  A
 * position is of the part that its number leaves over when it is divided.
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rand.h>


#define OUTPUT_MAX  65536
#define TOLD_MAX    10                  /* failures that are printed */
#define NAME_ROOM   256
#define PATH_ROOM   4096


int jupref_journal_main(int count, char **words);


static char           *state;
static char           *keyring;
static int             output;          /* of the command */
static unsigned long   part, parts, positions, failures;
static EVP_CIPHER     *cipher;
static EVP_MD         *digest;


static void
must(int done, const char *what)
{
    if (!done) {
        perror(what);
        exit(2);
    }
}


/* 1 when it ends in 1 and its output has the file's name in quotes. */

static int
is_named(const char *name)
{
    int      status;
    char     text[OUTPUT_MAX + 1], quoted[NAME_ROOM + 2];
    pid_t    child;
    ssize_t  len;

    must(ftruncate(output, 0) == 0 && lseek(output, 0, SEEK_SET) == 0,
         "output");
    child = fork();
    must(child != -1, "fork");

    if (child == 0) {
        char  command[] = "jupref-journal", verify[] = "verify";
        char  in[PATH_ROOM + 16], with[PATH_ROOM + 16];
        char *words[] = { command, verify, in, with, NULL };

        snprintf(in, sizeof(in), "--state=%s", state);
        snprintf(with, sizeof(with), "--keyring=%s", keyring);
        dup2(output, STDOUT_FILENO);
        dup2(output, STDERR_FILENO);
        exit(jupref_journal_main(4, words));
    }

    must(waitpid(child, &status, 0) == child, "waitpid");
    len = pread(output, text, OUTPUT_MAX, 0);
    text[len > 0 ? len : 0] = '\0';
    snprintf(quoted, sizeof(quoted), "\"%.*s\"", NAME_ROOM - 1, name);

    if (WIFEXITED(status) && WEXITSTATUS(status) == 1
        && strstr(text, quoted) != NULL)
    {
        return 1;
    }

    if (failures < TOLD_MAX) {
        fprintf(stderr, "%s: status %x, said:\n%s\n", name, status, text);
    }

    return 0;
}


static void
flip_file(const char *name)
{
    int          file;
    off_t        at;
    uint8_t      byte, changed;
    struct stat  info;

    file = open(name, O_RDWR);
    must(file != -1 && fstat(file, &info) == 0, name);

    for (at = 0; at < info.st_size; at++) {

        if (positions++ % parts != part) {
            continue;
        }

        must(pread(file, &byte, 1, at) == 1, "pread");
        changed = (uint8_t) (byte ^ 1 << at % 8);
        must(pwrite(file, &changed, 1, at) == 1, "pwrite");

        if (!is_named(name + 2)) {
            if (failures++ < TOLD_MAX) {
                fprintf(stderr, "byte %ld of \"%s\" isn't named\n", (long) at,
                        name);
            }
        }

        must(pwrite(file, &byte, 1, at) == 1, "pwrite");
    }

    close(file);
}


static void
flip_directory(const char *name)
{
    int             n, i;
    char            below[NAME_ROOM - 1];
    struct stat     info;
    struct dirent **entries;

    n = scandir(name, &entries, NULL, alphasort);
    must(n >= 0, name);

    for (i = 0; i < n; i++) {

        if (entries[i]->d_name[0] != '.') {
            must(snprintf(below, sizeof(below), "%s/%s", name,
                          entries[i]->d_name)
                 < (int) sizeof(below), "name");
            must(stat(below, &info) == 0, below);

            if (S_ISDIR(info.st_mode)) {
                flip_directory(below);

            } else {
                flip_file(below);
            }
        }

        free(entries[i]);
    }

    free(entries);
}


int
main(int count, char **words)
{
    uint8_t  set_up;

    must(count == 5, "usage: journal_flip STATE KEYRING PART PARTS");
    state = realpath(words[1], NULL);
    keyring = realpath(words[2], NULL);
    must(state != NULL && keyring != NULL && chdir(state) == 0, words[1]);
    part = strtoul(words[3], NULL, 10);
    parts = strtoul(words[4], NULL, 10);

    /* what OpenSSL sets up once is set up for all forks */

    cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    must(cipher != NULL && digest != NULL && RAND_bytes(&set_up, 1) == 1,
         "OpenSSL");

    output = memfd_create("output", 0);
    must(output != -1, "memfd_create");

    flip_directory(".");
    EVP_CIPHER_free(cipher);
    EVP_MD_free(digest);
    printf("%lu positions, %lu not named\n", positions, failures);

    return failures > 0;
}
