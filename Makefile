# make, make test, make demo, make bench, make install; see README.

TOP=		.
SUBDIRS=	pptpd pptpctl

all: build-pptpd build-pptpctl

include ${TOP}/Makefile.inc

build-pptpd:
	cd pptpd && ${MAKE} all
build-pptpctl:
	cd pptpctl && ${MAKE} all

test:
	sh regress/run.sh
demo:
	sh regress/demo.sh
bench: all
	sh regress/bench/bench.sh

install: all
	cd pptpd && ${MAKE} install
	cd pptpctl && ${MAKE} install
	cd etc && ${MAKE} install

uninstall:
	cd pptpd && ${MAKE} uninstall
	cd pptpctl && ${MAKE} uninstall
	cd etc && ${MAKE} uninstall

clean:
	cd pptpd && ${MAKE} clean
	cd pptpctl && ${MAKE} clean
	cd regress/unit && ${MAKE} clean
	cd regress/client && ${MAKE} clean
	cd regress/bench && ${MAKE} clean

.PHONY: all build-pptpd build-pptpctl test demo bench install uninstall \
    clean
