/*
 * The table of methods (classes, costs and times to keep are the gateway's
 * own; what a method takes and answers is Agave's rpc.rs and the types of
 * @solana/kit).
 *
 * A method of two classes stands in the one that an operator would limit it
 * by: getBlock is heavy, though a finalized block never changes.
 */

#include "solana/jupref_rpc_method.h"

#include <string.h>


#define JUPREF_SECOND  1000u            /* milliseconds */
#define JUPREF_MINUTE  (60 * JUPREF_SECOND)
#define JUPREF_HOUR    (60 * JUPREF_MINUTE)

/* Removed with Agave 2.0; solana.com/docs/rpc/deprecated has successors. */
#define JUPREF_RPC_GONE(name)                                                 \
    { name, JUPREF_RPC_REMOVED, 1, JUPREF_RPC_NO_CONFIG,                      \
      JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_NEVER, 0, .retry = 0 }

#define JUPREF_SLOTS(count)  .slots = count
#define JUPREF_EARLY         .config_early = 1
#define JUPREF_COMMITMENT    .takes_commitment = 1
#define JUPREF_MIN_SLOT      .takes_min_slot = 1
#define JUPREF_ENVELOPE      .envelope = 1
#define JUPREF_OLD_ENVELOPE  .envelope = 1, .old_context = 1
#define JUPREF_NO_PROCESSED  .no_processed = 1
#define JUPREF_READ          .join = 1, .retry = 1, .hedge = 1
#define JUPREF_HEAVY_READ    .join = 1, .retry = 1
#define JUPREF_RETRY         .retry = 1


static int jupref_rpc_method_compare(jupref_bytes_t name, const char *row);


/*
 * Name, class and cost; where the configuration is, which commitment counts if
 * none is given and how long to keep; what it takes and how it is asked.
 * Sorted by name, as strcmp() does.
 */
const jupref_rpc_method_t  jupref_rpc_methods[] = {
    JUPREF_RPC_GONE("confirmTransaction"),
    { "getAccountInfo", JUPREF_RPC_ACCOUNT, 2,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_SLOTS, 1,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_ENVELOPE, JUPREF_READ },
    { "getAgGenesisCert", JUPREF_RPC_SLOW, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_MS,
      JUPREF_MINUTE,
      JUPREF_READ },
    { "getBalance", JUPREF_RPC_MONEY, 1,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_ENVELOPE, JUPREF_READ },
    { "getBlock", JUPREF_RPC_HEAVY, 20,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_IF_FINAL, JUPREF_HOUR,
      JUPREF_COMMITMENT, JUPREF_NO_PROCESSED, JUPREF_HEAVY_READ },
    { "getBlockCommitment", JUPREF_RPC_HEAD, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_SLOTS, 1,
      JUPREF_READ },
    { "getBlockHeight", JUPREF_RPC_HEAD, 1,
      0, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_HEAD, 2,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_READ },
    { "getBlockProduction", JUPREF_RPC_EPOCH, 5,
      0, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_MS, 10 * JUPREF_SECOND,
      JUPREF_COMMITMENT, JUPREF_ENVELOPE, JUPREF_READ },
    { "getBlockTime", JUPREF_RPC_IMMUTABLE, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_IF_FINAL,
      JUPREF_HOUR,
      JUPREF_SLOTS(1), JUPREF_READ },
    { "getBlocks", JUPREF_RPC_IMMUTABLE, 5,
      2, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_IF_FINAL, JUPREF_HOUR,
      JUPREF_SLOTS(2), JUPREF_EARLY, JUPREF_COMMITMENT,
      JUPREF_NO_PROCESSED, JUPREF_READ },
    { "getBlocksWithLimit", JUPREF_RPC_IMMUTABLE, 5,
      2, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_SLOTS, 2,
      JUPREF_COMMITMENT, JUPREF_NO_PROCESSED, JUPREF_READ },
    { "getClusterNodes", JUPREF_RPC_HEAVY, 10,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_MS,
      JUPREF_MINUTE,
      JUPREF_HEAVY_READ },
    JUPREF_RPC_GONE("getConfirmedBlock"),
    JUPREF_RPC_GONE("getConfirmedBlocks"),
    JUPREF_RPC_GONE("getConfirmedBlocksWithLimit"),
    JUPREF_RPC_GONE("getConfirmedSignaturesForAddress"),
    JUPREF_RPC_GONE("getConfirmedSignaturesForAddress2"),
    JUPREF_RPC_GONE("getConfirmedTransaction"),
    { "getEpochInfo", JUPREF_RPC_HEAD, 1,
      0, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_HEAD, 2,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_READ },
    { "getEpochSchedule", JUPREF_RPC_CONSTANT, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_MS,
      JUPREF_HOUR,
      JUPREF_READ },
    JUPREF_RPC_GONE("getFeeCalculatorForBlockhash"),
    { "getFeeForMessage", JUPREF_RPC_MONEY, 2,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_ENVELOPE, JUPREF_READ },
    JUPREF_RPC_GONE("getFeeRateGovernor"),
    JUPREF_RPC_GONE("getFees"),
    { "getFirstAvailableBlock", JUPREF_RPC_SLOW, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_MS,
      10 * JUPREF_SECOND,
      JUPREF_READ },
    { "getGenesisHash", JUPREF_RPC_CONSTANT, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_MS,
      JUPREF_HOUR,
      JUPREF_READ },
    { "getHealth", JUPREF_RPC_HEALTH, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_RETRY },
    { "getHighestSnapshotSlot", JUPREF_RPC_SLOW, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_MS,
      JUPREF_MINUTE,
      JUPREF_READ },
    { "getIdentity", JUPREF_RPC_SLOW, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_MS,
      JUPREF_MINUTE,
      JUPREF_READ },
    { "getInflationGovernor", JUPREF_RPC_CONSTANT, 1,
      0, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_MS, JUPREF_HOUR,
      JUPREF_COMMITMENT, JUPREF_READ },
    { "getInflationRate", JUPREF_RPC_SLOW, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_MS,
      JUPREF_MINUTE,
      JUPREF_READ },
    { "getInflationReward", JUPREF_RPC_EPOCH, 5,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NAMED_EPOCH,
      10 * JUPREF_MINUTE,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_READ },
    { "getLargestAccounts", JUPREF_RPC_HEAVY, 20,
      0, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_MS, 10 * JUPREF_MINUTE,
      JUPREF_COMMITMENT, JUPREF_OLD_ENVELOPE, JUPREF_HEAVY_READ },
    { "getLatestBlockhash", JUPREF_RPC_HEAD, 1,
      0, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_HEAD, 2,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_ENVELOPE, JUPREF_READ },
    { "getLeaderSchedule", JUPREF_RPC_EPOCH, 10,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NAMED_EPOCH,
      10 * JUPREF_MINUTE,
      JUPREF_EARLY, JUPREF_COMMITMENT, JUPREF_READ },
    { "getMaxRetransmitSlot", JUPREF_RPC_HEALTH, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_RETRY },
    { "getMaxShredInsertSlot", JUPREF_RPC_HEALTH, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_RETRY },
    { "getMinimumBalanceForRentExemption", JUPREF_RPC_RENT, 1,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_MS, JUPREF_MINUTE,
      JUPREF_COMMITMENT, JUPREF_READ },
    { "getMultipleAccounts", JUPREF_RPC_ACCOUNT, 5,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_SLOTS, 1,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_ENVELOPE, JUPREF_READ },
    { "getProgramAccounts", JUPREF_RPC_HEAVY, 50,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_ENVELOPE, JUPREF_HEAVY_READ },
    JUPREF_RPC_GONE("getRecentBlockhash"),
    { "getRecentPerformanceSamples", JUPREF_RPC_FEE_HINTS, 2,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_MS,
      30 * JUPREF_SECOND,
      JUPREF_READ },
    { "getRecentPrioritizationFees", JUPREF_RPC_FEE_HINTS, 2,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_SLOTS, 3,
      JUPREF_READ },
    JUPREF_RPC_GONE("getSignatureConfirmation"),
    JUPREF_RPC_GONE("getSignatureStatus"),
    { "getSignatureStatuses", JUPREF_RPC_MONEY, 1,
      1, JUPREF_COMMITMENT_PROCESSED, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_ENVELOPE, JUPREF_READ },
    { "getSignaturesForAddress", JUPREF_RPC_HEAVY, 10,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_NO_PROCESSED,
      JUPREF_HEAVY_READ },
    { "getSlot", JUPREF_RPC_HEAD, 1,
      0, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_HEAD, 2,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_READ },
    { "getSlotLeader", JUPREF_RPC_HEAD, 1,
      0, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_HEAD, 1,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_READ },
    { "getSlotLeaders", JUPREF_RPC_EPOCH, 2,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_MS,
      10 * JUPREF_SECOND,
      JUPREF_READ },
    JUPREF_RPC_GONE("getSnapshotSlot"),
    JUPREF_RPC_GONE("getStakeActivation"),
    { "getStakeMinimumDelegation", JUPREF_RPC_SLOW, 1,
      0, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_MS, JUPREF_MINUTE,
      JUPREF_COMMITMENT, JUPREF_ENVELOPE, JUPREF_READ },
    { "getSupply", JUPREF_RPC_HEAVY, 20,
      0, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_MS, 10 * JUPREF_MINUTE,
      JUPREF_COMMITMENT, JUPREF_ENVELOPE, JUPREF_HEAVY_READ },
    { "getTokenAccountBalance", JUPREF_RPC_MONEY, 1,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_COMMITMENT, JUPREF_ENVELOPE, JUPREF_READ },
    { "getTokenAccountsByDelegate", JUPREF_RPC_HEAVY, 10,
      2, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_ENVELOPE, JUPREF_HEAVY_READ },
    { "getTokenAccountsByOwner", JUPREF_RPC_ACCOUNT, 5,
      2, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_SLOTS, 1,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_ENVELOPE, JUPREF_READ },
    { "getTokenLargestAccounts", JUPREF_RPC_HEAVY, 10,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_SLOTS, 2,
      JUPREF_COMMITMENT, JUPREF_ENVELOPE, JUPREF_HEAVY_READ },
    { "getTokenSupply", JUPREF_RPC_ACCOUNT, 2,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_SLOTS, 1,
      JUPREF_COMMITMENT, JUPREF_ENVELOPE, JUPREF_READ },
    JUPREF_RPC_GONE("getTotalSupply"),
    { "getTransaction", JUPREF_RPC_IMMUTABLE, 5,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_IF_FINAL, JUPREF_HOUR,
      JUPREF_COMMITMENT, JUPREF_NO_PROCESSED, JUPREF_READ },
    { "getTransactionCount", JUPREF_RPC_HEAD, 1,
      0, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_HEAD, 1,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_READ },
    { "getTransactionsForAddress", JUPREF_RPC_HEAVY, 20,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_NO_PROCESSED,
      JUPREF_HEAVY_READ },
    { "getVersion", JUPREF_RPC_SLOW, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_MS,
      JUPREF_MINUTE,
      JUPREF_READ },
    { "getVoteAccounts", JUPREF_RPC_HEAVY, 20,
      0, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_MS, 10 * JUPREF_SECOND,
      JUPREF_COMMITMENT, JUPREF_HEAVY_READ },
    { "isBlockhashValid", JUPREF_RPC_MONEY, 1,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_ENVELOPE, JUPREF_READ },
    { "minimumLedgerSlot", JUPREF_RPC_SLOW, 1,
      JUPREF_RPC_NO_CONFIG, JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_MS,
      10 * JUPREF_SECOND,
      JUPREF_READ },
    { "requestAirdrop", JUPREF_RPC_WRITE, 10,
      2, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_COMMITMENT },
    { "sendTransaction", JUPREF_RPC_WRITE, 5,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_RETRY },
    { "simulateTransaction", JUPREF_RPC_COMPUTE, 10,
      1, JUPREF_COMMITMENT_FINALIZED, JUPREF_RPC_KEEP_NEVER, 0,
      JUPREF_COMMITMENT, JUPREF_MIN_SLOT, JUPREF_ENVELOPE, JUPREF_RETRY }
};

const unsigned  jupref_rpc_method_count = sizeof(jupref_rpc_methods)
                                          / sizeof(jupref_rpc_methods[0]);


static const jupref_rpc_method_t  jupref_rpc_unknown_method = {
    "", JUPREF_RPC_UNKNOWN, 1, JUPREF_RPC_NO_CONFIG,
    JUPREF_COMMITMENT_NONE, JUPREF_RPC_KEEP_NEVER, 0, .retry = 0
};


static const char *const  jupref_rpc_class_names[JUPREF_RPC_CLASSES] = {
    [JUPREF_RPC_UNKNOWN] = "unknown",
    [JUPREF_RPC_CONSTANT] = "constant",
    [JUPREF_RPC_SLOW] = "slow",
    [JUPREF_RPC_RENT] = "rent",
    [JUPREF_RPC_EPOCH] = "epoch",
    [JUPREF_RPC_HEAD] = "head",
    [JUPREF_RPC_FEE_HINTS] = "fee_hints",
    [JUPREF_RPC_ACCOUNT] = "account",
    [JUPREF_RPC_MONEY] = "money",
    [JUPREF_RPC_IMMUTABLE] = "immutable",
    [JUPREF_RPC_HEAVY] = "heavy",
    [JUPREF_RPC_WRITE] = "write",
    [JUPREF_RPC_COMPUTE] = "compute",
    [JUPREF_RPC_HEALTH] = "health",
    [JUPREF_RPC_REMOVED] = "removed"
};


static const char *const  jupref_commitment_names[] = {
    [JUPREF_COMMITMENT_NONE] = "",
    [JUPREF_COMMITMENT_PROCESSED] = "processed",
    [JUPREF_COMMITMENT_CONFIRMED] = "confirmed",
    [JUPREF_COMMITMENT_FINALIZED] = "finalized",
    [JUPREF_COMMITMENT_OTHER] = ""
};


const jupref_rpc_method_t *
jupref_rpc_method_find(jupref_bytes_t name)
{
    int       order;
    unsigned  from, to, middle;

    from = 0;
    to = jupref_rpc_method_count;

    while (from < to) {
        middle = (from + to) / 2;
        order = jupref_rpc_method_compare(name,
                                          jupref_rpc_methods[middle].name);

        if (order == 0) {
            return &jupref_rpc_methods[middle];
        }

        if (order < 0) {
            to = middle;

        } else {
            from = middle + 1;
        }
    }

    return &jupref_rpc_unknown_method;
}


const char *
jupref_rpc_class_name(jupref_rpc_class_e class)
{
    return jupref_rpc_class_names[class];
}


unsigned
jupref_rpc_class_find(jupref_bytes_t name, jupref_rpc_class_e *class)
{
    unsigned  i;

    for (i = 0; i < JUPREF_RPC_CLASSES; i++) {
        if (jupref_rpc_method_compare(name, jupref_rpc_class_names[i]) == 0) {
            *class = (jupref_rpc_class_e) i;
            return 1;
        }
    }

    return 0;
}


jupref_commitment_e
jupref_commitment_parse(jupref_bytes_t text)
{
    unsigned  i;

    for (i = JUPREF_COMMITMENT_PROCESSED;
         i <= JUPREF_COMMITMENT_FINALIZED;
         i++)
    {
        if (jupref_rpc_method_compare(text, jupref_commitment_names[i]) == 0) {
            return (jupref_commitment_e) i;
        }
    }

    return JUPREF_COMMITMENT_OTHER;
}


const char *
jupref_commitment_name(jupref_commitment_e commitment)
{
    return jupref_commitment_names[commitment];
}


/* As strcmp(): a name that goes on is behind the one that ends. */
static int
jupref_rpc_method_compare(jupref_bytes_t name, const char *row)
{
    int     order;
    size_t  len, common;

    len = strlen(row);
    common = name.len < len ? name.len : len;
    order = common > 0 ? memcmp(name.data, row, common) : 0;

    if (order != 0) {
        return order;
    }

    return name.len < len ? -1 : name.len > len;
}
