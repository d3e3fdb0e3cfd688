# make surface: the main job on embedded data (make surface OPTIONS=--overwrite begins it anew); make test: everything
# that is checked; make bench: how fast it is, against what (make bench BENCH_OPTIONS="scheduling --data-dir DIR").
# Each sets up .venv first.
PYTHON ?= python3
RANKS ?= $(shell nproc 2>/dev/null || echo 2)
CONSTRAINTS ?=
OPTIONS ?=
BENCH_OPTIONS ?=
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: surface test test-slow bench clean

surface: .venv/.ready
	@mkdir -p outputs
	mpirun -n $(RANKS) python scripts/plot_surface.py --model vgg56 --split both --num-samples 300 --out outputs/vgg56-digits-both $(OPTIONS)
	mpirun -n $(RANKS) python scripts/plot_surface.py --model resnet56 --split both --num-samples 300 --out outputs/resnet56-digits-both $(OPTIONS)
	landscape page outputs/vgg56-digits-both.h5 outputs/resnet56-digits-both.h5 --out outputs/digits.html \
	  --title "Without and with shortcuts: VGG-56 and ResNet-56 on digits"
	@echo "Open $(CURDIR)/outputs/digits.html in a browser."

test: .venv/.ready-test
	python -m pytest -q $(PYTEST)

test-slow: .venv/.ready-test
	python -m pytest -q -m slow $(PYTEST)

bench: .venv/.ready
	@python -m benchmarks $(BENCH_OPTIONS)

.venv/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.ready: .venv/.made pyproject.toml
	$(BIN)/pip install --quiet $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -e '.[mpi,mpich]'
	@touch $@

.venv/.ready-test: .venv/.ready pyproject.toml
	$(BIN)/pip install --quiet $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -e '.[mpi,mpich,test]'
	@touch $@

clean:
	rm -rf .venv build *.egg-info
