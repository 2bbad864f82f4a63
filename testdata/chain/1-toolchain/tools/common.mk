all:
	@echo nothing to build
