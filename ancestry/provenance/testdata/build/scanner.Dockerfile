# What BuildKit asks for an SBOM: it writes one statement where it is told to.
FROM scratch
COPY busybox /bin/busybox
COPY scan /bin/scan
ENTRYPOINT ["/bin/busybox", "sh", "/bin/scan"]
