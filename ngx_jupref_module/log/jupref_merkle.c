/*
 * The tree's hashes and proofs (RFC 9162, section 2.1; see the header).
 *
 * A tree of n leaves is what n's bits say, a complete subtree for each bit
 * that is set, the largest first.  So is each part that the RFC's recursion
 * cuts off at the right, because every part begins at a multiple of a power
 * of two that isn't smaller than it.  One function hashes all of them, and
 * proofs walk down from the root, noting what they leave aside.
 */

#include "log/jupref_merkle.h"

#include <string.h>


#define JUPREF_PROOF_HASHES  (2 * JUPREF_MERKLE_LEVELS)


/* Leaves `begin` up to, not including, `end`. */
typedef struct {
    uint64_t  begin;
    uint64_t  end;
} jupref_leaves_t;


static unsigned jupref_merkle_range(jupref_leaves_t leaves,
    jupref_subtree_pt subtree, void *context,
    uint8_t hash[JUPREF_SHA256_SIZE]);
static uint64_t jupref_merkle_split(jupref_leaves_t leaves);
static unsigned jupref_proof_note(jupref_proof_t *proof,
    jupref_leaves_t leaves, jupref_subtree_pt subtree, void *context);
static void jupref_proof_reverse(jupref_proof_t *proof);


unsigned
jupref_merkle_node(uint8_t hash[JUPREF_SHA256_SIZE],
    const uint8_t left[JUPREF_SHA256_SIZE],
    const uint8_t right[JUPREF_SHA256_SIZE])
{
    uint8_t  node[1 + 2 * JUPREF_SHA256_SIZE];

    node[0] = 0x01;
    memcpy(node + 1, left, JUPREF_SHA256_SIZE);
    memcpy(node + 1 + JUPREF_SHA256_SIZE, right, JUPREF_SHA256_SIZE);

    return jupref_sha256(hash, (jupref_bytes_t) { node, sizeof(node) });
}


/*
 * As adding one to a number: a peak at each level up to the first that is
 * free goes into the new one.  Used up peaks are zeroed, so that frontiers of
 * equal trees are equal bytes.
 */

unsigned
jupref_frontier_append(jupref_frontier_t *frontier,
    const uint8_t leaf_hash[JUPREF_SHA256_SIZE])
{
    uint8_t   hash[JUPREF_SHA256_SIZE];
    unsigned  level;

    if (frontier->size >= (UINT64_C(1) << JUPREF_MERKLE_LEVELS) - 1) {
        return 0;
    }

    memcpy(hash, leaf_hash, JUPREF_SHA256_SIZE);

    for (level = 0; frontier->size >> level & 1; level++) {
        if (!jupref_merkle_node(hash, frontier->peaks[level], hash)) {
            return 0;
        }
    }

    memset(frontier->peaks, 0, level * JUPREF_SHA256_SIZE);
    memcpy(frontier->peaks[level], hash, JUPREF_SHA256_SIZE);
    frontier->size++;

    return 1;
}


unsigned
jupref_frontier_root(const jupref_frontier_t *frontier,
    uint8_t root[JUPREF_SHA256_SIZE])
{
    unsigned  level, begun;

    if (frontier->size == 0) {
        return jupref_sha256(root, jupref_bytes(""));
    }

    for (level = 0, begun = 0; level < JUPREF_MERKLE_LEVELS; level++) {

        if (!(frontier->size >> level & 1)) {
            continue;
        }

        if (!begun) {
            memcpy(root, frontier->peaks[level], JUPREF_SHA256_SIZE);
            begun = 1;
            continue;
        }

        if (!jupref_merkle_node(root, frontier->peaks[level], root)) {
            return 0;
        }
    }

    return frontier->size >> JUPREF_MERKLE_LEVELS == 0;
}


unsigned
jupref_merkle_root(uint64_t size, jupref_subtree_pt subtree, void *context,
    uint8_t root[JUPREF_SHA256_SIZE])
{
    if (size == 0) {
        return jupref_sha256(root, jupref_bytes(""));
    }

    return jupref_merkle_range((jupref_leaves_t) { 0, size }, subtree,
                               context, root);
}


unsigned
jupref_merkle_inclusion(uint64_t index, uint64_t size,
    jupref_subtree_pt subtree, void *context, jupref_proof_t *proof)
{
    uint64_t         split;
    jupref_leaves_t  inside, aside;

    proof->count = 0;

    if (index >= size) {
        return 0;
    }

    inside.begin = 0;
    inside.end = size;

    while (inside.end - inside.begin > 1) {
        split = jupref_merkle_split(inside);
        aside = inside;

        if (index < split) {
            inside.end = split;
            aside.begin = split;

        } else {
            inside.begin = split;
            aside.end = split;
        }

        if (!jupref_proof_note(proof, aside, subtree, context)) {
            return 0;
        }
    }

    jupref_proof_reverse(proof);

    return 1;
}


/*
 * Walks down to the subtree that ends where the smaller tree does.  Its hash
 * is part of the proof unless it is the smaller tree itself.
 */

unsigned
jupref_merkle_consistency(uint64_t from, uint64_t to,
    jupref_subtree_pt subtree, void *context, jupref_proof_t *proof)
{
    uint64_t         split;
    jupref_leaves_t  inside, aside;

    proof->count = 0;

    if (from == 0 || from > to) {
        return 0;
    }

    inside.begin = 0;
    inside.end = to;

    while (inside.end != from) {
        split = jupref_merkle_split(inside);
        aside = inside;

        if (from <= split) {
            inside.end = split;
            aside.begin = split;

        } else {
            inside.begin = split;
            aside.end = split;
        }

        if (!jupref_proof_note(proof, aside, subtree, context)) {
            return 0;
        }
    }

    if (inside.begin > 0
        && !jupref_proof_note(proof, inside, subtree, context))
    {
        return 0;
    }

    jupref_proof_reverse(proof);

    return 1;
}


unsigned
jupref_merkle_verify_inclusion(uint64_t index, uint64_t size,
    const uint8_t leaf_hash[JUPREF_SHA256_SIZE], const jupref_proof_t *proof,
    const uint8_t root[JUPREF_SHA256_SIZE])
{
    uint8_t   hash[JUPREF_SHA256_SIZE];
    uint64_t  at, last;
    unsigned  i, done;

    if (index >= size || proof->count > JUPREF_PROOF_HASHES) {
        return 0;
    }

    at = index;
    last = size - 1;
    memcpy(hash, leaf_hash, JUPREF_SHA256_SIZE);

    for (i = 0; i < proof->count; i++) {

        if (last == 0) {
            return 0;
        }

        if ((at & 1) || at == last) {
            done = jupref_merkle_node(hash, proof->hashes[i], hash);

            /* at the right edge, levels without a sibling are passed over */

            while (!(at & 1) && at != 0) {
                at >>= 1;
                last >>= 1;
            }

        } else {
            done = jupref_merkle_node(hash, hash, proof->hashes[i]);
        }

        if (!done) {
            return 0;
        }

        at >>= 1;
        last >>= 1;
    }

    return last == 0 && jupref_digest_equal(hash, root);
}


unsigned
jupref_merkle_verify_consistency(uint64_t from, uint64_t to,
    const uint8_t from_root[JUPREF_SHA256_SIZE],
    const uint8_t to_root[JUPREF_SHA256_SIZE], const jupref_proof_t *proof)
{
    uint8_t   from_hash[JUPREF_SHA256_SIZE], to_hash[JUPREF_SHA256_SIZE];
    uint64_t  at, last;
    unsigned  i;

    if (from == 0 || from > to || proof->count > JUPREF_PROOF_HASHES) {
        return 0;
    }

    if (from == to) {
        return proof->count == 0 && jupref_digest_equal(from_root, to_root);
    }

    /* a complete smaller tree is the first hash itself */

    i = (from & (from - 1)) ? 1 : 0;

    if (proof->count <= i) {
        return 0;
    }

    memcpy(from_hash, i ? proof->hashes[0] : from_root, JUPREF_SHA256_SIZE);
    memcpy(to_hash, from_hash, JUPREF_SHA256_SIZE);

    at = from - 1;
    last = to - 1;

    while (at & 1) {
        at >>= 1;
        last >>= 1;
    }

    for ( /* void */ ; i < proof->count; i++) {

        if (last == 0) {
            return 0;
        }

        if ((at & 1) || at == last) {

            if (!jupref_merkle_node(from_hash, proof->hashes[i], from_hash)
                || !jupref_merkle_node(to_hash, proof->hashes[i], to_hash))
            {
                return 0;
            }

            while (!(at & 1) && at != 0) {
                at >>= 1;
                last >>= 1;
            }

        } else if (!jupref_merkle_node(to_hash, to_hash, proof->hashes[i])) {
            return 0;
        }

        at >>= 1;
        last >>= 1;
    }

    return last == 0 && jupref_digest_equal(from_hash, from_root)
           && jupref_digest_equal(to_hash, to_root);
}


/* From its complete subtrees, the smallest and rightmost first. */

static unsigned
jupref_merkle_range(jupref_leaves_t leaves, jupref_subtree_pt subtree,
    void *context, uint8_t hash[JUPREF_SHA256_SIZE])
{
    uint8_t   left[JUPREF_SHA256_SIZE];
    uint64_t  count, index;
    unsigned  level, begun;

    count = leaves.end - leaves.begin;

    for (level = 0, begun = 0; level < JUPREF_MERKLE_LEVELS; level++) {

        if (!(count >> level & 1)) {
            continue;
        }

        index = (leaves.begin >> level) + (count >> level) - 1;

        if (!subtree(context, level, index, begun ? left : hash)) {
            return 0;
        }

        if (begun && !jupref_merkle_node(hash, left, hash)) {
            return 0;
        }

        begun = 1;
    }

    return count >> JUPREF_MERKLE_LEVELS == 0;
}


/* The left part is the largest power of two that is smaller than the whole;
 * there are two leaves or more. */

static uint64_t
jupref_merkle_split(jupref_leaves_t leaves)
{
    uint64_t  half;

    half = (leaves.end - leaves.begin - 1) / 2;

    /* all bits below the highest, then the one above them */

    half |= half >> 1;
    half |= half >> 2;
    half |= half >> 4;
    half |= half >> 8;
    half |= half >> 16;
    half |= half >> 32;

    return leaves.begin + half + 1;
}


static unsigned
jupref_proof_note(jupref_proof_t *proof, jupref_leaves_t leaves,
    jupref_subtree_pt subtree, void *context)
{
    if (proof->count >= JUPREF_PROOF_HASHES
        || !jupref_merkle_range(leaves, subtree, context,
                                proof->hashes[proof->count]))
    {
        return 0;
    }

    proof->count++;

    return 1;
}


/* Noted from the root down; told from the leaves up. */

static void
jupref_proof_reverse(jupref_proof_t *proof)
{
    uint8_t   hash[JUPREF_SHA256_SIZE];
    unsigned  low, high;

    if (proof->count == 0) {
        return;
    }

    for (low = 0, high = proof->count - 1; low < high; low++, high--) {
        memcpy(hash, proof->hashes[low], JUPREF_SHA256_SIZE);
        memcpy(proof->hashes[low], proof->hashes[high], JUPREF_SHA256_SIZE);
        memcpy(proof->hashes[high], hash, JUPREF_SHA256_SIZE);
    }
}
