# Every target is one line of make.py, so that Windows users have the same ones as `python make.py TARGET`.
PY ?= python3
ONLY ?=

.DEFAULT_GOAL := help
.PHONY: help demo test lab lint lock pages pictures bench faults clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 10

demo:  ## run every sample client and print where the reports are
	@$(PY) make.py demo

test:  ## run the tests
	@$(PY) make.py test

lab:  ## open JupyterLab on the start page
	@$(PY) make.py lab

lint:  ## check style and types
	@$(PY) make.py lint

lock:  ## write both lock files anew
	@$(PY) make.py lock

pages:  ## write the generated pages of the playbook anew
	@$(PY) make.py pages

pictures:  ## make the pictures of the README and the stage guides anew
	@$(PY) make.py pictures

bench:  ## measure; ONLY=name for one benchmark
	@$(PY) make.py bench $(ONLY)

faults:  ## broken inputs, then 200 kills at random moments; CXKIT_KILLS=n for n
	@$(PY) make.py faults

clean:  ## remove the environment, runs and caches
	@$(PY) make.py clean
