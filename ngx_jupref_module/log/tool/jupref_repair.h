/*
 * What it takes for nginx to start on a damaged state directory.
 *
 *     mend     a single wrong byte is put right: nothing is lost
 *     cut      the journal ends before the first record that can't be had
 *     derived  snapshots and tiles that aren't what the journal says are
 *              moved aside: they are made again
 *     synced   written anew where it is broken or says too much
 *
 * What is broken before a good snapshot keeps nginx from nothing but older
 * history and proofs: it is left as it is, for a backup to mend.
 *
 * The plan is made without changing anything.
 */

#ifndef JUPREF_REPAIR_H
#define JUPREF_REPAIR_H


#include "log/tool/jupref_refold.h"
#include "log/tool/jupref_scan.h"
#include "log/tool/jupref_wrapping.h"


#define JUPREF_REPAIR_BYTES  64         /* that are mended in one run */


typedef struct {
    char      file[JUPREF_NAME_MAX];
    uint64_t  at;
    uint8_t   byte;
} jupref_mended_t;


/* Records that follow each other, from the beginning or a snapshot on. */
typedef struct {
    uint64_t  start;                    /* the snapshot's seq; 0: none */
    uint64_t  end;                      /* seq of the last record */
    uint64_t  segment;                  /* the last record's; 0: no record */
    uint64_t  at;                       /* offset behind it */
    uint8_t   head[JUPREF_SHA256_SIZE];
    uint64_t  time_ms;
    unsigned  behind:1;                 /* something is broken before */
} jupref_run_t;


typedef struct {
    jupref_tool_t     *tool;

    /* what was found */
    jupref_synced_t    synced;
    unsigned           broken_marks;    /* slots of `synced` */
    uint64_t           known;           /* the highest seq that is heard of */
    uint64_t           proven;          /* seq: synced, as records say */
    uint64_t          *firsts;          /* of all segments */
    size_t             segment_count;
    uint64_t          *snapshots;       /* ascending */
    uint8_t           *snapshot_bad;    /* 1: it goes */
    size_t             snapshot_count;
    jupref_run_t       run;             /* the one that is kept */
    unsigned           whole:1;         /* nothing is wrong with the journal */
    unsigned           starts:1;        /* it is broken, but nginx starts */
    jupref_fault_t     foreign;         /* no damage: nothing is done */

    /* what is to be done */
    jupref_mended_t    mended[JUPREF_REPAIR_BYTES];
    unsigned           mended_count;
    unsigned           identity:1;      /* made anew */
    unsigned           cut:1;           /* the run's last segment */
    unsigned           all:1;           /* no record of the journal is kept */
    unsigned           empty:1;         /* a new segment behind a snapshot */
    unsigned           marks:1;         /* `synced` is written anew */
    unsigned           tiles:1;         /* moved aside */
    uint64_t           after;           /* segments behind this one go */
    uint64_t           lost_from;       /* records, 0: none */
    uint64_t           lost_to;
    uint64_t           acknowledged;    /* of them, as far as is known */

    /* while the journal is scanned */
    jupref_scan_t      scan;
    jupref_refold_t    refold;
    unsigned           folding:1;
    unsigned           damaged:1;
    jupref_run_t       running;
} jupref_repair_t;


/* Makes the plan; what is wrong is told on the way.  Free it in any case. */
jupref_exit_e jupref_repair_plan(jupref_repair_t *repair);
void jupref_repair_free(jupref_repair_t *repair);

/*
 * 1 when it is no damage: a key that is missing, another edge's file, a newer
 * format, a stranger among the segments.  Those are for a person to decide.
 */
unsigned jupref_repair_foreign(jupref_tool_t *tool,
    const jupref_fault_t *fault, jupref_wraps_e kind);

/* The second half of the plan: what is to be done about what was found. */
jupref_exit_e jupref_repair_decide(jupref_repair_t *repair);

/* 1 when there is anything to be done. */
unsigned jupref_repair_needed(const jupref_repair_t *repair);

/* Does it; what is removed is kept in `aside`, below the state directory. */
jupref_exit_e jupref_repair_do(jupref_repair_t *repair, const char *aside);


#endif /* JUPREF_REPAIR_H */
