# The pure rooms, compiled without nginx: once for unit tests and the simulator
# (gcc), once for fuzzers (clang), both under address and undefined-behaviour
# sanitizers, and once as in production for the benchmarks,
# build/bench/fold and build/bench/recovery.
#
#     make -f t/tools/pure.mk unit | sim | fuzz | fold | recovery

MAKEFLAGS += -j$(shell nproc)

sources := $(foreach room,base solana jupiter ledger log,\
	$(wildcard ngx_jupref_module/$(room)/*.c))
tests   := $(wildcard t/unit/test_*.c)
sim_disk := $(wildcard t/sim/sim_disk*.c)
helpers := $(filter-out $(tests),$(wildcard t/unit/*.c)) $(sim_disk)
fuzzers := $(wildcard t/fuzz/fuzz_*.c)

# no test library in it: fuzzers and the benchmark use it too
busy := t/unit/busy_ledger.c

flags := -std=c11 -D_DEFAULT_SOURCE -DJUPREF_ASSERT -g -O1 -fno-omit-frame-pointer \
	-fno-sanitize-recover=all -Ingx_jupref_module -MMD -MP \
	$(shell cat t/tools/warnings)
libs := -lyajl -lcrypto

unit_flags := $(flags) -It/unit -It/sim -fsanitize=address,undefined
fuzz_flags := $(flags) -It/fuzz -It/unit -It/sim -fsanitize=fuzzer-no-link,address,undefined

unit_objects := $(patsubst %.c,build/unit/%.o,$(sources) $(helpers))
sim_objects  := $(patsubst %.c,build/unit/%.o,$(sources) $(wildcard t/sim/*.c))
fuzz_objects := $(patsubst %.c,build/fuzz/%.o,$(sources) $(sim_disk) $(busy))

# what the module is built with, without asserts
fold_flags := $(filter-out -DJUPREF_ASSERT -O1 -fno-omit-frame-pointer,$(flags)) -O3 \
	-It/unit
fold_objects := $(patsubst %.c,build/bench/%.o,t/bench/fold.c $(busy) \
	$(filter-out ngx_jupref_module/log/%,$(sources)))
recovery_objects := $(patsubst %.c,build/bench/%.o,t/bench/recovery.c $(sources))


.PHONY: unit sim fuzz fold recovery
.SECONDARY:

unit: $(patsubst t/unit/%.c,build/unit/%,$(tests))
	@:
sim: build/unit/sim
	@:
fuzz: $(patsubst t/fuzz/%.c,build/fuzz/%,$(fuzzers))
	@:

fold: build/bench/fold
	@:

recovery: build/bench/recovery
	@:

build/bench/fold: $(fold_objects)
	@gcc $(fold_flags) -o $@ $^ $(libs)

build/bench/recovery: $(recovery_objects)
	@gcc $(fold_flags) -o $@ $^ $(libs)

build/unit/test_%: build/unit/t/unit/test_%.o $(unit_objects)
	@gcc $(unit_flags) -o $@ $^ $(libs) -lcmocka

# in the simulator chance is the seed's, OpenSSL's too, and folds pay out

build/unit/sim: $(sim_objects)
	@gcc $(unit_flags) -Wl,--wrap=RAND_bytes,--wrap=jupref_ledger_apply -o $@ \
		$^ $(libs)

build/fuzz/fuzz_%: build/fuzz/t/fuzz/fuzz_%.o $(fuzz_objects)
	@clang $(fuzz_flags) -fsanitize=fuzzer -o $@ $^ $(libs)

build/unit/%.o: %.c t/tools/pure.mk t/tools/warnings
	@mkdir -p $(@D)
	@gcc $(unit_flags) -c -o $@ $<

build/bench/%.o: %.c t/tools/pure.mk t/tools/warnings
	@mkdir -p $(@D)
	@gcc $(fold_flags) -c -o $@ $<

build/fuzz/%.o: %.c t/tools/pure.mk t/tools/warnings
	@mkdir -p $(@D)
	@clang $(fuzz_flags) -c -o $@ $<

-include $(shell find build/unit build/fuzz build/bench -name '*.d' 2>/dev/null)
