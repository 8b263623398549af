/*
 * The real disk: files and modes as promised, names that stay inside, and the
 * whole journal on it.
 */

#include "log/jupref_disk.h"

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "journal_world.h"


static char           root[64];
static jupref_disk_t  disk;


static int
make_root(void **state)
{
    const char  *parent;

    parent = getenv("TMPDIR");
    snprintf(root, sizeof(root), "%.40s/jupref-disk.XXXXXX",
             parent != NULL ? parent : "/tmp");
    assert_non_null(mkdtemp(root));
    jupref_disk_posix(&disk, root);

    return 0;
}


static int
remove_root(void **state)
{
    char  command[128];

    snprintf(command, sizeof(command), "rm -r '%s'", root);

    return system(command);
}


static mode_t
mode_of(const char *name)
{
    char         path[256];
    struct stat  status;

    snprintf(path, sizeof(path), "%s/%s", root, name);
    assert_int_equal(stat(path, &status), 0);

    return status.st_mode & 07777;
}


static void
write_file(const char *name, const char *text)
{
    int  file;

    file = disk.open(&disk, name, 1, 1);
    assert_true(file >= 0);
    assert_int_equal(disk.write(&disk, file, text, strlen(text), 0), 0);
    assert_int_equal(disk.sync(&disk, file), 0);
    disk.close(&disk, file);
}


static int
count_name(void *context, const char *name)
{
    unsigned  *seen = context;

    *seen |= strcmp(name, "one") == 0 ? 1 : 0;
    *seen |= strcmp(name, "two") == 0 ? 2 : 0;
    *seen |= strcmp(name, "one") != 0 && strcmp(name, "two") != 0 ? 4 : 0;

    return 0;
}


static int
stop_at_once(void *context, const char *name)
{
    return 42;
}


static void
test_files_and_directories(void **state)
{
    int       file;
    char      bytes[16];
    unsigned  seen;

    assert_int_equal(disk.open(&disk, "a/one", 1, 1), -ENOENT);
    assert_int_equal(disk.make_directory(&disk, "a"), 0);
    assert_int_equal(disk.make_directory(&disk, "a"), -EEXIST);
    assert_int_equal(disk.make_directory(&disk, "a/inner"), 0);
    write_file("a/one", "0123456789");
    write_file("a/inner/deep", "x");
    assert_int_equal(disk.open(&disk, "a/one", 1, 1), -EEXIST);
    assert_int_equal(mode_of("a"), 0700);
    assert_int_equal(mode_of("a/one"), 0600);

    file = disk.open(&disk, "a/one", 0, 0);
    assert_true(file >= 0);
    assert_int_equal(disk.size(&disk, file), 10);
    assert_int_equal(disk.read(&disk, file, bytes, 16, 4), 6);
    assert_memory_equal(bytes, "456789", 6);
    assert_int_equal(disk.read(&disk, file, bytes, 16, 10), 0);
    assert_int_equal(disk.write(&disk, file, "x", 1, 0), -EBADF);
    disk.close(&disk, file);

    file = disk.open(&disk, "a/one", 1, 0);
    assert_int_equal(disk.truncate(&disk, file, 3), 0);
    assert_int_equal(disk.size(&disk, file), 3);
    disk.close(&disk, file);

    write_file("a/two", "2");
    seen = 0;
    assert_int_equal(disk.list(&disk, "a", count_name, &seen), 0);
    assert_int_equal(seen, 3);
    assert_int_equal(disk.list(&disk, "a", stop_at_once, NULL), 42);
    assert_int_equal(disk.list(&disk, "b", count_name, &seen), -ENOENT);

    assert_int_equal(disk.rename(&disk, "a/two", "a/inner/deep"), 0);
    assert_int_equal(disk.rename(&disk, "a/two", "a/three"), -ENOENT);
    assert_int_equal(disk.remove(&disk, "a/one"), 0);
    assert_int_equal(disk.remove(&disk, "a/one"), -ENOENT);
    assert_int_equal(disk.sync_directory(&disk, "a"), 0);
    assert_int_equal(disk.sync_directory(&disk, ""), 0);
    assert_int_equal(disk.sync_directory(&disk, "b"), -ENOENT);
}


static void
test_names_stay_inside(void **state)
{
    char         path[256], tiles[JUPREF_NAME_MAX + 8];
    unsigned     i;
    const char  *bad[] = { "", "/", "/etc/passwd", "..", "../x", "a/../x",
                           "a/..", "a//b", "a/", NULL };

    for (i = 0; bad[i] != NULL; i++) {
        assert_int_equal(disk.open(&disk, bad[i], 0, 0), -EINVAL);
        assert_int_equal(disk.remove(&disk, bad[i]), -EINVAL);
        assert_int_equal(disk.make_directory(&disk, bad[i]), -EINVAL);
        assert_int_equal(disk.rename(&disk, bad[i], "x"), -EINVAL);
    }

    memset(tiles, 't', sizeof(tiles));
    tiles[JUPREF_NAME_MAX] = '\0';
    assert_int_equal(disk.open(&disk, tiles, 1, 1), -EINVAL);
    tiles[JUPREF_NAME_MAX - 1] = '\0';
    write_file(tiles, "as long as a name may be");

    /* a link isn't followed, neither as a file nor on the way */

    snprintf(path, sizeof(path), "%s/link", root);
    assert_int_equal(symlink("/etc", path), 0);
    assert_int_equal(disk.open(&disk, "link", 0, 0), -ELOOP);
    assert_true(disk.open(&disk, "link/passwd", 0, 0) < 0);
    assert_true(disk.list(&disk, "link", stop_at_once, NULL) < 0);
}


/* As many files are open afterwards as before. */
static void
test_nothing_stays_open(void **state)
{
    int       before, after;
    unsigned  i;

    before = dup(0);
    assert_true(before >= 0);
    close(before);

    for (i = 0; i < 20; i++) {
        (void) disk.open(&disk, "a/not-there", 0, 0);
        (void) disk.open(&disk, "not/there", 0, 0);
        (void) disk.list(&disk, "a", stop_at_once, NULL);
        (void) disk.list(&disk, "not", stop_at_once, NULL);
        (void) disk.rename(&disk, "a/x", "not/there");
        (void) disk.sync_directory(&disk, "a");
    }

    after = dup(0);
    close(after);
    assert_int_equal(after, before);
}


/* The journal's own way over the real disk: written, resumed, read back. */
static void
test_the_journal_on_it(void **state)
{
    journal_world_t  world;

    journal_world_init(&world, sim_disk_create(1));
    journal_store_init(&world.store, &disk);
    assert_int_equal(journal_recover(&world), JUPREF_FAULT_NONE);
    assert_int_equal(journal_workload(&world), 174);
    assert_int_equal(mode_of("synced"), 0600);
    assert_int_equal(mode_of("journal"), 0700);
    assert_int_equal(mode_of(journal_name(1)), 0600);
    journal_world_stop(&world);

    assert_int_equal(journal_recover(&world), JUPREF_FAULT_NONE);
    journal_push(&world, 10);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
    journal_assert_whole(&world, 184);
    journal_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_files_and_directories),
        cmocka_unit_test(test_names_stay_inside),
        cmocka_unit_test(test_nothing_stays_open),
        cmocka_unit_test(test_the_journal_on_it)
    };

    return cmocka_run_group_tests(tests, make_root, remove_root);
}
