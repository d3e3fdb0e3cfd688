# make surface: the main job on embedded data (make surface OPTIONS=--overwrite begins it anew); make test: everything
# that is checked; make bench: how fast it is, against what (make bench BENCH_OPTIONS="scheduling --data-dir DIR").
# make gallery DATA_DIR=DIR: the loss around each network of the zoo, for docs/gallery.md.
# make learn: the learning pages, in outputs/learn (make learn LEARN_OPTIONS=--quick: at reduced size, in outputs/quick/outputs/learn).
# make trajectories: the weights of every epoch of two ResNet-20 runs, SGD and Adam, in outputs/trajectories
# (make trajectories DATASET=cifar10 DATA_DIR=DIR: on CIFAR-10, an hour and more; less with
# TRAJECTORY_EPOCHS=12 TRAJECTORY_OPTIONS="--num-train 20000").
# Each sets up .venv first.
PYTHON ?= python3
RANKS ?= $(shell nproc 2>/dev/null || echo 2)
CONSTRAINTS ?=
OPTIONS ?=
BENCH_OPTIONS ?=
LEARN_OPTIONS ?=
WORKERS ?= 2
DATA_DIR ?= data
DATASET ?= digits
TRAJECTORY_EPOCHS ?= 20
TRAJECTORY_OPTIONS ?=
TRAJECTORY = --model resnet20 --dataset $(DATASET) --data-dir $(DATA_DIR) --epochs $(TRAJECTORY_EPOCHS) --seed 1 --schedule step --checkpoint-every 1 --precision bf16 $(TRAJECTORY_OPTIONS)
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: surface test test-slow test-learn bench gallery learn trajectories clean

surface: .venv/.ready
	@mkdir -p outputs
	mpirun -n $(RANKS) python scripts/plot_surface.py --model vgg56 --split both --num-samples 300 --out outputs/vgg56-digits-both $(OPTIONS)
	mpirun -n $(RANKS) python scripts/plot_surface.py --model resnet56 --split both --num-samples 300 --out outputs/resnet56-digits-both $(OPTIONS)
	landscape page outputs/vgg56-digits-both.h5 outputs/resnet56-digits-both.h5 --out outputs/digits.html \
	  --title "Without and with shortcuts: VGG-56 and ResNet-56 on digits"
	@echo "Open $(CURDIR)/outputs/digits.html in a browser."

test: .venv/.ready-test
	python -m pytest -q -n $(WORKERS) -m "not slow and not timed and not learning" $(PYTEST)
	python -m pytest -q -m "timed and not slow and not learning" $(PYTEST)

test-slow: .venv/.ready-test
	python -m pytest -q -m slow $(PYTEST)

test-learn: .venv/.ready-test
	python -m pytest -q -m learning $(PYTEST)

bench: .venv/.ready-test
	@python -m benchmarks $(BENCH_OPTIONS)

gallery: .venv/.ready
	python scripts/make_gallery.py --data-dir $(DATA_DIR) --ranks $(RANKS)

learn: .venv/.ready-learn
	python scripts/build_learning_pages.py $(LEARN_OPTIONS)

trajectories: .venv/.ready
	@mkdir -p outputs/trajectories
	landscape train $(TRAJECTORY) --optimizer nesterov --learning-rate 0.1 --out outputs/trajectories/sgd-$(DATASET)
	landscape train $(TRAJECTORY) --optimizer adam --learning-rate 0.002 --out outputs/trajectories/adam-$(DATASET)

.venv/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; set PYTHON=")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.ready: .venv/.made pyproject.toml
	$(BIN)/pip install --quiet $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -e '.[mpi,mpich]'
	@touch $@

.venv/.ready-learn: .venv/.ready pyproject.toml
	$(BIN)/pip install --quiet $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -e '.[mpi,mpich,learn]'
	@touch $@

.venv/.ready-test: .venv/.ready pyproject.toml
	$(BIN)/pip install --quiet $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -e '.[mpi,mpich,test]'
	@touch $@

clean:
	rm -rf .venv build *.egg-info
