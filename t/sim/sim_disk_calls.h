/*
 * The calls of the simulated disk.
 */

#ifndef SIM_DISK_CALLS_H
#define SIM_DISK_CALLS_H


#include "sim_disk.h"


/* Fills the table of functions. */
void sim_disk_calls(sim_disk_t *disk);


#endif /* SIM_DISK_CALLS_H */
