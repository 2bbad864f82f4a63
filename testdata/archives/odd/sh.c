/* A shell for images of a few bytes: it runs nothing and appends its last argument, the
 * command line, to /ran, so that every RUN makes a layer. Static, no C library. */
static long call(long n, long a, long b, long c)
{
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}

__attribute__((used)) static void start(long *stack)
{
	char **argv = (char **)(stack + 1);
	char *text = argv[stack[0] - 1];
	long n = 0, fd = call(2, (long)"/ran", 02101, 0666); /* open: O_WRONLY|O_CREAT|O_APPEND */
	call(91, fd, 0666, 0); /* fchmod: whatever the user is */
	while (text[n])
		n++;
	call(1, fd, (long)text, n);
	call(1, fd, (long)"\n", 1);
	call(60, fd < 0, 0, 0);
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");
