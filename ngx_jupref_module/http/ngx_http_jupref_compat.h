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


/* Upstreams whose names are resolved while nginx runs came with 1.27.3: peers
 * then change, are counted, and each change has a number. */

#ifdef NGX_HTTP_UPSTREAM_MODIFY

#define NGX_HTTP_JUPREF_UPSTREAM_MODIFY  NGX_HTTP_UPSTREAM_MODIFY

#if (NGX_HTTP_UPSTREAM_ZONE)
#define ngx_http_jupref_peers_version(peers)                                  \
    ((peers)->config ? *(peers)->config : 0)
#else
#define ngx_http_jupref_peers_version(peers)  ((void) (peers), 0)
#endif

#define ngx_http_jupref_peer_ref(peers, peer)                                 \
    ngx_http_upstream_rr_peer_ref(peers, peer)
#define ngx_http_jupref_rr_version(rrp)  (rrp)->config

#else

#define NGX_HTTP_JUPREF_UPSTREAM_MODIFY  0
#define ngx_http_jupref_peers_version(peers)  ((void) (peers), 0)
#define ngx_http_jupref_peer_ref(peers, peer)
#define ngx_http_jupref_rr_version(rrp)  ((void) (rrp), 0)

#endif


#endif /* NGX_HTTP_JUPREF_COMPAT_H */
