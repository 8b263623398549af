/*
 * A very small assembler for Solana's bytecode: instructions in, a loadable
 * program out.
 *
 * LiteSVM runs any program it is given, but Jupiter's own is not published.
 * router.mjs therefore writes a few dozen instructions of its own and this
 * file turns them into the smallest ELF file the loader accepts (sBPF v0: one
 * text section, one relocation per system call).
 */

const INSTRUCTION = 8;
const ELF_HEADER = 64;
const SECTION_HEADER = 64;

const OPCODES = {
    loadByte: 0x71, loadHalf: 0x69, loadWord: 0x61, loadDouble: 0x79,
    storeByte: 0x73, storeDouble: 0x7b,
    storeByteValue: 0x72, storeDoubleValue: 0x7a,
    move: 0xbf, moveValue: 0xb7, add: 0x0f, addValue: 0x07,
    multiplyValue: 0x27, subtract: 0x1f, andValue: 0x57,
    jump: 0x05, jumpIfEqual: 0x15, jumpIfNot: 0x55,
    jumpIfNotLess: 0x3d, jumpIfLessThan: 0xa5,
    call: 0x85, exit: 0x95,
};

const SECTION = { progbits: 1, strtab: 3, dynamic: 6, rel: 9, dynsym: 11 };
const DYNAMIC = { symtab: 6, rel: 17, relSize: 18, relEntry: 19 };
const RELOCATE_CALL = 10;


/* Collects instructions, remembers labels and which calls to relocate. */
export class Program {
    #words = [];
    #labels = new Map();
    #jumps = [];
    #calls = [];

    op(name, { to = 0, from = 0, offset = 0, value = 0 } = {}) {
        const word = Buffer.alloc(INSTRUCTION);

        word[0] = OPCODES[name];
        word[1] = (from << 4) | to;
        word.writeInt16LE(offset, 2);
        word.writeInt32LE(value, 4);
        this.#words.push(word);

        return this;
    }

    /* A 64-bit constant takes two instruction slots. */
    constant(to, value) {
        const low = Buffer.alloc(INSTRUCTION);
        const high = Buffer.alloc(INSTRUCTION);

        low[0] = 0x18;
        low[1] = to;
        low.writeUInt32LE(Number(value & 0xffffffffn), 4);
        high.writeUInt32LE(Number(value >> 32n), 4);
        this.#words.push(low, high);

        return this;
    }

    label(name) {
        this.#labels.set(name, this.#words.length);
        return this;
    }

    jump(name, label, operands = {}) {
        this.#jumps.push({ at: this.#words.length, label });
        return this.op(name, operands);
    }

    systemCall(symbol) {
        this.#calls.push({ at: this.#words.length, symbol });
        return this.op("call", { value: -1 });
    }

    elf() {
        for (const { at, label } of this.#jumps) {
            const distance = this.#labels.get(label) - at - 1;

            this.#words[at].writeInt16LE(distance, 2);
        }

        return link(Buffer.concat(this.#words), this.#calls);
    }
}


function link(text, calls) {
    const symbols = [...new Set(calls.map((call) => call.symbol))];
    const names = stringTable(symbols);
    const symbolTable = Buffer.alloc(24 * (symbols.length + 1));

    symbols.forEach((symbol, i) => {
        symbolTable.writeUInt32LE(names.offsets.get(symbol), 24 * (i + 1));
        symbolTable[24 * (i + 1) + 4] = 0x10;                /* global */
    });

    const relocations = Buffer.concat(calls.map(({ at, symbol }) => u64(
        ELF_HEADER + at * INSTRUCTION,
        (BigInt(symbols.indexOf(symbol) + 1) << 32n) | BigInt(RELOCATE_CALL),
    )));

    const sections = [
        { name: ".text", type: SECTION.progbits, flags: 6, body: text },
        { name: ".dynsym", type: SECTION.dynsym, flags: 2, body: symbolTable,
          link: 3, entry: 24 },
        { name: ".dynstr", type: SECTION.strtab, flags: 2, body: names.bytes },
        { name: ".rel.dyn", type: SECTION.rel, flags: 2, body: relocations,
          link: 2, entry: 16 },
        { name: ".dynamic", type: SECTION.dynamic, flags: 2,
          body: Buffer.alloc(5 * 16), link: 3, entry: 16 },
    ];
    const sectionNames = stringTable([...sections.map((s) => s.name),
                                      ".shstrtab"]);

    sections.push({ name: ".shstrtab", type: SECTION.strtab, flags: 0,
                    body: sectionNames.bytes });

    let end = ELF_HEADER;

    for (const section of sections) {
        section.body = padded(section.body);
        section.at = end;
        end += section.body.length;
    }

    sections[4].body = u64(DYNAMIC.symtab, sections[1].at,
                           DYNAMIC.rel, sections[3].at,
                           DYNAMIC.relSize, relocations.length,
                           DYNAMIC.relEntry, 16, 0, 0);

    return Buffer.concat([
        elfHeader(end, sections.length + 1),
        ...sections.map((section) => section.body),
        Buffer.alloc(SECTION_HEADER),
        ...sections.map((section) => sectionHeader(section, sectionNames)),
    ]);
}


function elfHeader(sectionHeaders, count) {
    const header = Buffer.alloc(ELF_HEADER);

    header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
    header.writeUInt16LE(3, 16);                  /* a shared object */
    header.writeUInt16LE(247, 18);                /* for BPF */
    header.writeUInt32LE(1, 20);
    header.writeBigUInt64LE(BigInt(ELF_HEADER), 24);
    header.writeBigUInt64LE(BigInt(ELF_HEADER), 32);
    header.writeBigUInt64LE(BigInt(sectionHeaders), 40);
    header.writeUInt16LE(ELF_HEADER, 52);
    header.writeUInt16LE(56, 54);
    header.writeUInt16LE(SECTION_HEADER, 58);
    header.writeUInt16LE(count, 60);
    header.writeUInt16LE(count - 1, 62);

    return header;
}


function sectionHeader(section, names) {
    const header = Buffer.alloc(SECTION_HEADER);

    header.writeUInt32LE(names.offsets.get(section.name), 0);
    header.writeUInt32LE(section.type, 4);
    header.writeBigUInt64LE(BigInt(section.flags), 8);
    header.writeBigUInt64LE(BigInt(section.flags ? section.at : 0), 16);
    header.writeBigUInt64LE(BigInt(section.at), 24);
    header.writeBigUInt64LE(BigInt(section.body.length), 32);
    header.writeUInt32LE(section.link ?? 0, 40);
    header.writeBigUInt64LE(8n, 48);
    header.writeBigUInt64LE(BigInt(section.entry ?? 0), 56);

    return header;
}


function stringTable(strings) {
    const offsets = new Map();
    let text = "\0";

    for (const string of strings) {
        offsets.set(string, text.length);
        text += string + "\0";
    }

    return { offsets, bytes: Buffer.from(text, "latin1") };
}


function u64(...values) {
    const bytes = Buffer.alloc(8 * values.length);

    values.forEach((value, i) => bytes.writeBigUInt64LE(BigInt(value), 8 * i));

    return bytes;
}


function padded(bytes) {
    return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 7)]);
}
