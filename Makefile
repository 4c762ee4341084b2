# make, make test, make demo, make bench, make bench-uml, make install; see
# README.
# make fuzz SECONDS=60 TARGET=gre, make coverage: regress/fuzz/README.
# make analyze: three static analysers, what they find that is no mistake is in
# regress/analyze.reasons.
# make faults: every message of an attacker, every call that fails; long.

TOP=		.
SUBDIRS=	pptpd pptpctl
SECONDS=	60
TARGET=

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
fuzz:
	sh regress/fuzz/fuzz.sh run ${SECONDS} ${TARGET}
faults: all
	sh regress/hostile/faults.sh
analyze:
	sh regress/analyze.sh
coverage:
	sh regress/coverage.sh
bench: all
	sh regress/bench/bench.sh
bench-quick: all
	sh regress/bench/bench.sh -q
bench-uml:
	sh regress/bench/uml.sh

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
	cd regress/fuzz && ${MAKE} clean
	cd regress/hostile && ${MAKE} clean

.PHONY: all build-pptpd build-pptpctl test demo bench bench-quick bench-uml \
    fuzz faults coverage analyze install uninstall clean
