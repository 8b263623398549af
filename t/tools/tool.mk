# jupref-journal, the operator's command: the pure rooms and log/tool, without
# nginx.  Also what makes long journals for tests, of the same objects.
#
#     make -f t/tools/tool.mk [build/write_history]

MAKEFLAGS += -j$(shell nproc)

sources := $(foreach room,base solana jupiter ledger log log/tool,\
	$(wildcard ngx_jupref_module/$(room)/*.c))
objects := $(patsubst %.c,build/tool/%.o,$(sources))

hardening := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-fstack-clash-protection -fPIE
flags := -std=c11 -D_DEFAULT_SOURCE -g $(hardening) -ffile-prefix-map=$(CURDIR)=. \
	-Ingx_jupref_module -MMD -MP $(shell cat t/tools/warnings)
link_flags := -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed
libs := -lyajl -lcrypto


build/jupref-journal: $(objects)
	@gcc $(flags) $(link_flags) -o $@.new $^ $(libs)
	@mv $@.new $@

build/write_history: build/tool/t/tools/write_history.o \
	$(filter-out build/tool/ngx_jupref_module/log/tool/%,$(objects))
	@gcc $(flags) $(link_flags) -o $@ $^ $(libs)

build/tool/%.o: %.c t/tools/tool.mk t/tools/warnings
	@mkdir -p $(@D)
	@gcc $(flags) -c -o $@ $<

-include $(shell find build/tool -name '*.d' 2>/dev/null)
