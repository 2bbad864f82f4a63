ARG REGISTRY
FROM ${REGISTRY}/acme/tool:2 AS build
FROM scratch
COPY --from=build /bin/busybox /app
CMD ["/app"]
