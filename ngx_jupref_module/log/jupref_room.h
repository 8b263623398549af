/*
 * Room: zeros behind a segment's last record, for those that come next.
 *
 *     header | record | record | 0 0 0 0 0 0 0 0 …
 *                              ^ records end     ^ the file ends
 *
 * A record that is written where zeros have been synced changes neither the
 * file's size nor what of the disk is its, so its sync has nothing to write
 * but the record.  (Space that is only reserved wouldn't do: that something
 * was written there is news to the file system each time.)
 *
 * Zeros are no record: no frame begins with them, its length can't be 0.
 * They are the end of a segment where nothing but zeros follows up to the
 * file's end, and a broken record where anything does.  How many there are
 * means nothing: whether records are missing is said by `synced` and by the
 * segment behind, as of a file that ends where the zeros begin.
 *
 * A segment that has ended is cut to its records before another is begun.
 */

#ifndef JUPREF_ROOM_H
#define JUPREF_ROOM_H


#include "log/jupref_journal.h"


/* Room is as large as what is there already, within these; bytes. */
#define JUPREF_ROOM_MIN   (16 * 1024)
#define JUPREF_ROOM_MAX   (256 * 1024)
#define JUPREF_ROOM_PAGE  4096          /* it ends where a page does */


/* Where the room ends that is made behind records that end at `end`. */
uint64_t jupref_room_end(uint64_t end);

/* Writes zeros from `from` up to `to`. */
int jupref_room_make(jupref_disk_t *disk, int file, uint64_t from,
    uint64_t to);

/* Where zeros begin that go on to the file's end, at `from` or behind it. */
int64_t jupref_room_begins(jupref_disk_t *disk, int file, uint64_t from);

/*
 * Where a segment's records end, by their frames' headers alone.  Where
 * something else than zeros is behind them, it is the file's end.
 */
jupref_fault_e jupref_room_records(jupref_store_t *store, uint64_t first,
    uint64_t *end, jupref_fault_t *fault);


#endif /* JUPREF_ROOM_H */
