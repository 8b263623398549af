/*
 * Trades for export: found by signature, filled in, written as CSV.
 */

#include "log/tool/jupref_export.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/jupref_time.h"
#include "ledger/jupref_standing.h"
#include "ledger/jupref_view.h"


#define JUPREF_EXPORTS_FIRST  1024


static unsigned jupref_exports_grow(jupref_exports_t *exports);
static void jupref_exports_slot(jupref_exports_t *exports, size_t place);
static void jupref_export_owner(const jupref_ledger_t *ledger,
    jupref_exported_t *exported);
static void jupref_csv_text(FILE *out, jupref_bytes_t text);
static void jupref_csv_pubkey(FILE *out, const jupref_pubkey_t *key);
static void jupref_csv_number(FILE *out, uint64_t number);
static void jupref_csv_known(FILE *out, uint64_t number);
static void jupref_csv_time(FILE *out, uint64_t time_ms);
static void jupref_csv_micro(FILE *out, uint64_t micro);
static void jupref_csv_hex(FILE *out, const uint8_t *bytes, size_t len);


static const char  jupref_export_columns[] =
    "signature,status,executedAt,executedSeq,verifiedAt,verifiedSeq,"
    "availableAt,availableSeq,changedAt,changedSeq,reason,slot,code,referrer,"
    "taker,requestId,router,inputMint,inAmount,outputMint,outAmount,"
    "volumeUsd,tier,feeBps,discountBps,chargedBps,grantedBps,partnerBps,"
    "share1Bps,share2Bps,share3Bps,estimatedFeeMint,estimatedFee,feeMint,"
    "verifiedFee,jupiterCut,platform,level1,commission1,level2,commission2,"
    "level3,commission3,lastValidBlockHeight,messageHash\r\n";


jupref_exported_t *
jupref_exports_find(const jupref_exports_t *exports,
    const jupref_signature_t *signature)
{
    size_t              slot;
    jupref_exported_t  *exported;

    if (exports->slot_count == 0) {
        return NULL;
    }

    slot = (size_t) jupref_hash(signature->bytes, JUPREF_SIGNATURE_SIZE)
           & (exports->slot_count - 1);

    while (exports->slots[slot] != 0) {
        exported = &exports->trades[exports->slots[slot] - 1];

        if (memcmp(exported->trade.signature.bytes, signature->bytes,
                   JUPREF_SIGNATURE_SIZE) == 0)
        {
            return exported;
        }

        slot = (slot + 1) & (exports->slot_count - 1);
    }

    return NULL;
}


jupref_exported_t *
jupref_exports_add(jupref_exports_t *exports,
    const jupref_signature_t *signature)
{
    jupref_exported_t  *exported;

    if (exports->count == exports->room && !jupref_exports_grow(exports)) {
        return NULL;
    }

    exported = &exports->trades[exports->count];
    memset(exported, 0, sizeof(jupref_exported_t));
    exported->trade.signature = *signature;

    jupref_exports_slot(exports, exports->count++);

    return exported;
}


void
jupref_exports_free(jupref_exports_t *exports)
{
    free(exports->trades);
    free(exports->slots);
    memset(exports, 0, sizeof(jupref_exports_t));
}


static unsigned
jupref_exports_grow(jupref_exports_t *exports)
{
    size_t              i, room;
    uint32_t           *slots;
    jupref_exported_t  *trades;

    room = exports->room ? exports->room * 2 : JUPREF_EXPORTS_FIRST;

    if (room >= UINT32_MAX / 2) {
        return 0;
    }

    trades = realloc(exports->trades, room * sizeof(jupref_exported_t));

    if (trades == NULL) {
        return 0;
    }

    exports->trades = trades;
    slots = calloc(room * 2, sizeof(uint32_t));

    if (slots == NULL) {
        return 0;
    }

    free(exports->slots);
    exports->slots = slots;
    exports->slot_count = room * 2;
    exports->room = room;

    for (i = 0; i < exports->count; i++) {
        jupref_exports_slot(exports, i);
    }

    return 1;
}


static void
jupref_exports_slot(jupref_exports_t *exports, size_t place)
{
    size_t  slot;

    slot = (size_t) jupref_hash(exports->trades[place].trade.signature.bytes,
                                JUPREF_SIGNATURE_SIZE)
           & (exports->slot_count - 1);

    while (exports->slots[slot] != 0) {
        slot = (slot + 1) & (exports->slot_count - 1);
    }

    exports->slots[slot] = (uint32_t) (place + 1);
}


void
jupref_export_row(const jupref_ledger_t *ledger, uint32_t trade,
    jupref_exported_t *exported)
{
    unsigned                   level;
    const jupref_trade_row_t  *row;

    row = jupref_trade(ledger, trade);

    exported->state = row->state;
    exported->slot = row->slot;
    jupref_trade_split(row, &exported->split);

    for (level = 0; level < JUPREF_LEVELS; level++) {
        if (row->level[level]) {
            exported->level[level]
                = jupref_referrer(ledger, row->level[level])->wallet;
        }
    }

    if (row->fee_mint) {
        exported->fee_mint = jupref_mint(ledger, row->fee_mint)->mint;
    }

    jupref_export_owner(ledger, exported);
}


void
jupref_export_archived(const jupref_ledger_t *ledger,
    const jupref_trade_archived_t *archived, jupref_exported_t *exported)
{
    unsigned  level, earns;

    earns = 0;

    for (level = 0; level < JUPREF_LEVELS; level++) {
        exported->level[level] = archived->level[level];

        if (!jupref_pubkey_is_zero(&archived->level[level])) {
            earns |= 1u << level;
        }
    }

    exported->state = archived->state;
    exported->slot = archived->trade.slot;
    exported->fee_mint = archived->trade.fee_mint;
    exported->settled = 1;

    memset(&exported->split, 0, sizeof(jupref_fee_split_t));

    if (!jupref_pubkey_is_zero(&archived->trade.fee_mint)) {
        jupref_fee_split(&archived->trade.terms, archived->trade.fee, earns,
                         &exported->split);
    }

    jupref_export_owner(ledger, exported);
}


static void
jupref_export_owner(const jupref_ledger_t *ledger,
    jupref_exported_t *exported)
{
    uint32_t  code;

    code = exported->trade.code.key[0]
           ? jupref_find_code(ledger, &exported->trade.code) : 0;

    if (code) {
        exported->referrer
            = jupref_referrer(ledger,
                              jupref_code(ledger, code)->referrer)->wallet;
    }
}


void
jupref_export_head(FILE *out)
{
    fputs(jupref_export_columns, out);
}


void
jupref_export_line(FILE *out, const jupref_exported_t *exported)
{
    size_t                 len;
    uint8_t                signature[JUPREF_SIGNATURE_TEXT];
    unsigned               level;
    const jupref_trade_t  *trade;

    trade = &exported->trade;

    len = jupref_signature_format(signature, &trade->signature);
    fwrite(signature, 1, len, out);
    fprintf(out, ",%s", jupref_trade_state_name(exported->state));
    jupref_csv_time(out, exported->executed_ms);
    jupref_csv_known(out, exported->executed_seq);
    jupref_csv_time(out, exported->verified_ms);
    jupref_csv_known(out, exported->verified_seq);
    jupref_csv_time(out, exported->available_ms);
    jupref_csv_known(out, exported->available_seq);
    jupref_csv_time(out, exported->changed_ms);
    jupref_csv_known(out, exported->changed_seq);
    jupref_csv_text(out, jupref_padded(exported->reason, JUPREF_REASON_MAX));
    jupref_csv_known(out, exported->slot);
    jupref_csv_text(out, jupref_padded(trade->code.text, JUPREF_CODE_MAX));
    jupref_csv_pubkey(out, &exported->referrer);
    jupref_csv_pubkey(out, &trade->taker);
    jupref_csv_text(out, (jupref_bytes_t) { trade->request_id.bytes,
                                            trade->request_id.len });
    jupref_csv_text(out, jupref_padded(trade->router, JUPREF_ROUTER_MAX));
    jupref_csv_pubkey(out, &trade->input_mint);
    jupref_csv_number(out, trade->in_amount);
    jupref_csv_pubkey(out, &trade->output_mint);
    jupref_csv_number(out, trade->out_amount);
    jupref_csv_micro(out, trade->volume_micro_usd);
    jupref_csv_text(out, jupref_padded(trade->terms.tier, JUPREF_TIER_MAX));
    jupref_csv_number(out, trade->terms.fee_bps);
    jupref_csv_number(out, trade->terms.discount_bps);
    jupref_csv_number(out, jupref_charged_bps(&trade->terms));
    jupref_csv_number(out, trade->granted_bps);
    jupref_csv_number(out, trade->terms.partner_bps);

    for (level = 0; level < JUPREF_LEVELS; level++) {
        jupref_csv_number(out, trade->terms.share_bps[level]);
    }

    jupref_csv_pubkey(out, &trade->fee_mint);
    jupref_csv_number(out, trade->fee);
    jupref_csv_pubkey(out, &exported->fee_mint);

    if (exported->verified_seq > 0) {
        jupref_csv_number(out, exported->verified_fee);

    } else {
        fputc(',', out);
    }

    jupref_csv_number(out, exported->split.jupiter_cut);
    jupref_csv_number(out, exported->split.platform);

    for (level = 0; level < JUPREF_LEVELS; level++) {
        jupref_csv_pubkey(out, &exported->level[level]);
        jupref_csv_number(out, exported->split.level[level]);
    }

    jupref_csv_known(out, trade->last_valid_block_height);
    jupref_csv_hex(out, trade->message_hash, JUPREF_SHA256_SIZE);
    fputs("\r\n", out);
}


static void
jupref_csv_text(FILE *out, jupref_bytes_t text)
{
    size_t    i;
    unsigned  quoted;

    quoted = 0;

    for (i = 0; i < text.len; i++) {
        quoted |= text.data[i] == ',' || text.data[i] == '"'
                  || text.data[i] == '\r' || text.data[i] == '\n';
    }

    fputs(quoted ? ",\"" : ",", out);

    for (i = 0; i < text.len; i++) {

        if (text.data[i] == '"') {
            fputc('"', out);
        }

        fputc(text.data[i], out);
    }

    if (quoted) {
        fputc('"', out);
    }
}


static void
jupref_csv_pubkey(FILE *out, const jupref_pubkey_t *key)
{
    uint8_t  text[JUPREF_PUBKEY_TEXT];

    fputc(',', out);

    if (!jupref_pubkey_is_zero(key)) {
        fwrite(text, 1, jupref_pubkey_format(text, key), out);
    }
}


static void
jupref_csv_number(FILE *out, uint64_t number)
{
    fprintf(out, ",%" PRIu64, number);
}


/* 0 is not known. */

static void
jupref_csv_known(FILE *out, uint64_t number)
{
    if (number == 0) {
        fputc(',', out);
        return;
    }

    jupref_csv_number(out, number);
}


static void
jupref_csv_time(FILE *out, uint64_t time_ms)
{
    uint8_t  text[JUPREF_TIME_TEXT];

    fputc(',', out);

    if (time_ms > 0) {
        fwrite(text, 1, jupref_format_time(text, time_ms), out);
    }
}


static void
jupref_csv_micro(FILE *out, uint64_t micro)
{
    uint8_t  text[JUPREF_MICRO_TEXT];

    fputc(',', out);
    fwrite(text, 1, jupref_format_micro(text, micro), out);
}


static void
jupref_csv_hex(FILE *out, const uint8_t *bytes, size_t len)
{
    size_t  i;

    fputc(',', out);

    for (i = 0; i < len; i++) {
        fprintf(out, "%02x", bytes[i]);
    }
}
