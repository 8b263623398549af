# jupref in Debian's own nginx.  Built and run by `make image`, or by any
# engine: docker build -t jupref .

FROM debian:bookworm-slim AS build

RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        dpkg-dev gcc libc6-dev libcurl4-openssl-dev libssl-dev libyajl-dev \
        make nginx nginx-dev

WORKDIR /jupref
COPY config config
COPY ngx_jupref_module ngx_jupref_module
COPY t/tools/build.sh t/tools/tool.mk t/tools/tool.sh t/tools/warnings t/tools/
RUN t/tools/build.sh /usr/share/nginx/src build/debian \
        build/ngx_http_jupref_module.so \
    && t/tools/tool.sh tool


FROM debian:bookworm-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends libcurl4 libyajl2 nginx \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin \
        /var/cache/ldconfig/aux-cache /var/log/*.log /var/log/apt \
        /etc/nginx/sites-enabled/*

COPY --from=build /jupref/build/ngx_http_jupref_module.so \
    /usr/lib/nginx/modules/
COPY --from=build /jupref/build/jupref-journal /usr/sbin/
COPY conf-examples/container/nginx.conf /etc/nginx/nginx.conf

# where a configuration with state=/var/lib/jupref keeps its journal

RUN install -d -o www-data -g www-data -m 0700 /var/lib/jupref
VOLUME /var/lib/jupref

USER www-data
RUN nginx -t -e stderr

EXPOSE 8080

# nginx finishes what it serves on QUIT, and drops it on TERM

STOPSIGNAL SIGQUIT

HEALTHCHECK --interval=10s --timeout=2s --start-period=2s --retries=3 \
    CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]

CMD ["nginx", "-e", "stderr", "-g", "daemon off;"]
