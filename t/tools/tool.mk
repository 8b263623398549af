# jupref-journal, the operator's command: the pure rooms and log/tool, without
# nginx.  For its tests, what writes journals and what breaks them, under
# address and undefined-behaviour sanitizers.
#
#     make -f t/tools/tool.mk tool | test

MAKEFLAGS += -j$(shell nproc)

sources := $(foreach room,base solana jupiter ledger log log/tool,\
	$(wildcard ngx_jupref_module/$(room)/*.c))

common := -std=c11 -D_GNU_SOURCE -g -ffile-prefix-map=$(CURDIR)=. \
	-Ingx_jupref_module -MMD -MP $(shell cat t/tools/warnings)
hardened := $(common) -O3 -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-fstack-clash-protection -fPIE
sanitized := $(common) -O1 -DJUPREF_ASSERT -fno-omit-frame-pointer \
	-fno-sanitize-recover=all -fsanitize=address,undefined
libs := -lyajl -lcrypto

objects := $(patsubst %.c,build/tool/%.o,$(sources))
tested  := $(patsubst %.c,build/tool-test/%.o,$(sources))
main    := ngx_jupref_module/log/tool/jupref_tool.o


.PHONY: tool test
.SECONDARY:

tool: build/jupref-journal
	@:
test: build/journal-writer build/journal-flip build/journal-flip-asan
	@:

build/jupref-journal: $(objects)
	@gcc $(hardened) -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed -o $@.new \
		$^ $(libs)
	@mv $@.new $@

# a long journal, for the suites that read one

build/write_history: build/tool/t/tools/write_history.o \
		$(filter-out build/tool/ngx_jupref_module/log/tool/%,$(objects))
	@gcc $(hardened) -pie -o $@ $^ $(libs)

build/journal-writer: build/tool-test/t/e2e/journal_writer.o \
		$(filter-out %/jupref_tool.o,$(tested))
	@gcc $(sanitized) -o $@ $^ $(libs)

# the command is called as a function there

build/journal-flip: build/tool/t/e2e/journal_flip.o build/tool/called.o \
		$(filter-out %/jupref_tool.o,$(objects))
	@gcc $(hardened) -pie -o $@ $^ $(libs)

build/journal-flip-asan: build/tool-test/t/e2e/journal_flip.o \
		build/tool-test/called.o $(filter-out %/jupref_tool.o,$(tested))
	@gcc $(sanitized) -o $@ $^ $(libs)

build/tool/called.o: build/tool/$(main)
	@objcopy --redefine-sym main=jupref_journal_main $< $@

build/tool-test/called.o: build/tool-test/$(main)
	@objcopy --redefine-sym main=jupref_journal_main $< $@

build/tool/%.o: %.c t/tools/tool.mk t/tools/warnings
	@mkdir -p $(@D)
	@gcc $(hardened) -c -o $@ $<

build/tool-test/%.o: %.c t/tools/tool.mk t/tools/warnings
	@mkdir -p $(@D)
	@gcc $(sanitized) -c -o $@ $<

-include $(shell find build/tool build/tool-test -name '*.d' 2>/dev/null)
