/*
 * What differs between the nginx versions we build against (1.22, 1.26,
 * 1.30), each named for its intent.  No other file asks for a version.
 */

#ifndef NGX_HTTP_JUPREF_COMPAT_H
#define NGX_HTTP_JUPREF_COMPAT_H


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* Headers of one name are chained since 1.23.0; a new one ends its chain. */
#if (nginx_version >= 1023000)
#define ngx_http_jupref_header_alone(header)  (header)->next = NULL
#else
#define ngx_http_jupref_header_alone(header)
#endif


#endif /* NGX_HTTP_JUPREF_COMPAT_H */
