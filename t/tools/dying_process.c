/*
 * A process that dies in the middle of what it holds a lock for, for tests:
 * loaded before libc (LD_PRELOAD), told when through three numbers in the file
 * that DYING_PROCESS names.
 *
 *     pid         who is meant; 0: whoever comes first
 *     depth       how many locks must be held for an instruction to count
 *     steps       after how many instructions; taken, it becomes 0
 *
 * Counted are instructions between taking and giving back robust locks, over
 * as many of them as it takes: the processor is made to trap behind each one.
 * So every place in there can be met, and the same number meets the same place
 * of the same work.  On other processors than x86-64 nothing dies.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>


#define ROBUST  16                      /* of glibc, in a mutex's kind */


typedef struct {
    volatile int32_t  pid;
    volatile int32_t  depth;
    volatile int32_t  steps;
} dying_process_t;

typedef int (*dying_lock_pt)(pthread_mutex_t *mutex);


static dying_process_t      *dying_process;
static dying_lock_pt         dying_lock;
static dying_lock_pt         dying_unlock;
static __thread int32_t      dying_left;
static __thread int32_t      dying_depth;
static __thread int32_t      dying_from;        /* this depth on */


static void dying_trap(int signo);
static void dying_watch(void);
static void dying_step(unsigned on);


__attribute__((constructor)) static void
dying_process_open(void)
{
    int                fd;
    void              *shared;
    const char        *name;
    struct sigaction   action;

    dying_lock = (dying_lock_pt) (uintptr_t) dlsym(RTLD_NEXT,
                                                   "pthread_mutex_lock");
    dying_unlock = (dying_lock_pt) (uintptr_t) dlsym(RTLD_NEXT,
                                                     "pthread_mutex_unlock");

    name = getenv("DYING_PROCESS");
    fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;

    if (fd == -1) {
        return;
    }

    shared = mmap(NULL, sizeof(dying_process_t), PROT_READ | PROT_WRITE,
                  MAP_SHARED, fd, 0);
    (void) close(fd);

    if (shared == MAP_FAILED) {
        return;
    }

    action.sa_handler = dying_trap;
    action.sa_flags = 0;
    (void) sigemptyset(&action.sa_mask);
    (void) sigaction(SIGTRAP, &action, NULL);

    dying_process = shared;
}


int
pthread_mutex_lock(pthread_mutex_t *mutex)
{
    int  rc;

    rc = dying_lock(mutex);

    if (dying_process != NULL && (mutex->__data.__kind & ROBUST)) {
        dying_depth++;
        dying_watch();
    }

    return rc;
}


int
pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    if (dying_process == NULL || !(mutex->__data.__kind & ROBUST)) {
        return dying_unlock(mutex);
    }

    dying_depth--;

    if (dying_left > 0 && dying_depth < dying_from) {
        dying_step(0);
    }

    return dying_unlock(mutex);
}


/* Begins or goes on to count, when this process is the one. */

static void
dying_watch(void)
{
    int32_t   steps;
    sigset_t  trap;

    if (dying_left == 0) {
        steps = dying_process->steps;

        if (steps == 0 || dying_depth < dying_process->depth
            || (dying_process->pid != 0 && dying_process->pid != getpid())
            || !__sync_bool_compare_and_swap(&dying_process->steps, steps, 0))
        {
            return;
        }

        dying_from = dying_process->depth;
        dying_left = steps;
    }

    if (dying_depth < dying_from) {
        return;
    }

    /* nginx's threads take no signals */

    (void) sigemptyset(&trap);
    (void) sigaddset(&trap, SIGTRAP);
    (void) pthread_sigmask(SIG_UNBLOCK, &trap, NULL);

    dying_step(1);
}


static void
dying_trap(int signo)
{
    (void) signo;

    if (dying_left > 0 && --dying_left == 0) {
        (void) kill(getpid(), SIGKILL);
    }
}


/* The processor's trap flag; what lies below the stack's end isn't ours. */

static void
dying_step(unsigned on)
{
#if defined(__x86_64__)

    if (on) {
        __asm__ volatile ("lea -128(%%rsp), %%rsp; pushfq; "
                          "orq $0x100, (%%rsp); "
                          "popfq; lea 128(%%rsp), %%rsp"
                          ::: "memory", "cc");

    } else {
        __asm__ volatile ("lea -128(%%rsp), %%rsp; pushfq; "
                          "andq $~0x100, (%%rsp); "
                          "popfq; lea 128(%%rsp), %%rsp"
                          ::: "memory", "cc");
    }

#else

    (void) on;

#endif
}
