# The pure rooms, compiled without nginx: once for unit tests (gcc), once for
# fuzzers (clang), both under address and undefined-behaviour sanitizers.
#
#     make -f t/tools/pure.mk unit | fuzz

MAKEFLAGS += -j$(shell nproc)

sources := $(foreach room,base solana jupiter ledger log,\
	$(wildcard ngx_jupref_module/$(room)/*.c))
tests   := $(wildcard t/unit/test_*.c)
sim_disk := $(wildcard t/sim/sim_disk*.c)
helpers := $(filter-out $(tests),$(wildcard t/unit/*.c)) $(sim_disk)
fuzzers := $(wildcard t/fuzz/fuzz_*.c)

flags := -std=c11 -D_DEFAULT_SOURCE -DJUPREF_ASSERT -g -O1 -fno-omit-frame-pointer \
	-fno-sanitize-recover=all -Ingx_jupref_module -MMD -MP \
	$(shell cat t/tools/warnings)
libs := -lyajl -lcrypto

unit_flags := $(flags) -It/unit -It/sim -fsanitize=address,undefined
fuzz_flags := $(flags) -It/fuzz -It/sim -fsanitize=fuzzer-no-link,address,undefined

unit_objects := $(patsubst %.c,build/unit/%.o,$(sources) $(helpers))
fuzz_objects := $(patsubst %.c,build/fuzz/%.o,$(sources) $(sim_disk))


.PHONY: unit fuzz
.SECONDARY:

unit: $(patsubst t/unit/%.c,build/unit/%,$(tests))
	@:
fuzz: $(patsubst t/fuzz/%.c,build/fuzz/%,$(fuzzers))
	@:

build/unit/test_%: build/unit/t/unit/test_%.o $(unit_objects)
	@gcc $(unit_flags) -o $@ $^ $(libs) -lcmocka

build/fuzz/fuzz_%: build/fuzz/t/fuzz/fuzz_%.o $(fuzz_objects)
	@clang $(fuzz_flags) -fsanitize=fuzzer -o $@ $^ $(libs)

build/unit/%.o: %.c t/tools/pure.mk t/tools/warnings
	@mkdir -p $(@D)
	@gcc $(unit_flags) -c -o $@ $<

build/fuzz/%.o: %.c t/tools/pure.mk t/tools/warnings
	@mkdir -p $(@D)
	@clang $(fuzz_flags) -c -o $@ $<

-include $(shell find build/unit build/fuzz -name '*.d' 2>/dev/null)
