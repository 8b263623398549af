/*
 * An event as JSON, with everything it says.
 */

#ifndef JUPREF_EVENT_JSON_H
#define JUPREF_EVENT_JSON_H


#include "log/tool/jupref_tool.h"


/* Members of the event's type, named as in the API, in an open object. */
void jupref_json_event(jupref_json_writer_t *json,
    const jupref_event_t *event);


#endif /* JUPREF_EVENT_JSON_H */
