ARG REGISTRY
FROM ${REGISTRY}/acme/helper:3 AS helper
RUN ["/bin/busybox", "touch", "/made"]

FROM ${REGISTRY}/acme/tool:2 AS build
WORKDIR /src
COPY --from=helper /made /src/made
RUN ["/bin/busybox", "cp", "/bin/busybox", "/src/out"]

FROM ${REGISTRY}/acme/donor:4 AS donor
FROM ${REGISTRY}/acme/seen:5 AS seen

FROM ${REGISTRY}/acme/base:1
ENV APP=1
WORKDIR /app
COPY --from=build /src/out /app/out
COPY --link --from=helper /etc/which /app/notes/
COPY --from=donor /bin/busybox /usr/local/bin/
RUN --mount=type=bind,from=seen,target=/mnt ["/bin/busybox", "cp", "/mnt/etc/which", "/app/seen"]
USER 1000
CMD ["/app/out"]
