# An image of busybox, called by its build argument: the base, and the donors.
FROM scratch
ARG WHICH
COPY busybox /bin/busybox
COPY which /etc/which
LABEL which=$WHICH
CMD ["/bin/busybox", "sh"]
