/*
 * The tree against published vectors and against RFC 9162's own recursion,
 * written down as it stands there.
 */

#include "log/jupref_merkle.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define MOST  70                        /* leaves of the small trees */


typedef struct {
    uint8_t   leaves[MOST][JUPREF_SHA256_SIZE];
    uint64_t  size;                     /* leaves that there are */
    unsigned  refuses;                  /* 1: nothing can be read */
} tree_t;


typedef struct {
    unsigned  count;
    uint8_t   hashes[MOST][JUPREF_SHA256_SIZE];
} path_t;


static void
node(uint8_t *hash, const uint8_t *left, const uint8_t *right)
{
    uint8_t  bytes[65];

    bytes[0] = 1;
    memcpy(bytes + 1, left, 32);
    memcpy(bytes + 33, right, 32);
    assert_true(jupref_sha256(hash, (jupref_bytes_t) { bytes, 65 }));
}


static uint64_t
split_of(uint64_t n)
{
    uint64_t  k;

    for (k = 1; k * 2 < n; k *= 2) { /* void */ }

    return k;
}


/* MTH(D[begin:end]) */
static void
model_hash(const tree_t *tree, uint64_t begin, uint64_t end, uint8_t *hash)
{
    uint64_t  k;
    uint8_t   left[32], right[32];

    if (begin == end) {
        assert_true(jupref_sha256(hash, jupref_bytes("")));
        return;
    }

    if (end - begin == 1) {
        memcpy(hash, tree->leaves[begin], 32);
        return;
    }

    k = split_of(end - begin);
    model_hash(tree, begin, begin + k, left);
    model_hash(tree, begin + k, end, right);
    node(hash, left, right);
}


static void
path_add(path_t *path, const tree_t *tree, uint64_t begin, uint64_t end)
{
    model_hash(tree, begin, end, path->hashes[path->count++]);
}


/* PATH(m, D[begin:end]) */
static void
model_inclusion(const tree_t *tree, uint64_t m, uint64_t begin, uint64_t end,
    path_t *path)
{
    uint64_t  k;

    if (end - begin == 1) {
        return;
    }

    k = split_of(end - begin);

    if (m < k) {
        model_inclusion(tree, m, begin, begin + k, path);
        path_add(path, tree, begin + k, end);

    } else {
        model_inclusion(tree, m - k, begin + k, end, path);
        path_add(path, tree, begin, begin + k);
    }
}


/* SUBPROOF(m, D[begin:end], whole) */
static void
model_consistency(const tree_t *tree, uint64_t m, uint64_t begin,
    uint64_t end, unsigned whole, path_t *path)
{
    uint64_t  k;

    if (m == end - begin) {
        if (!whole) {
            path_add(path, tree, begin, end);
        }
        return;
    }

    k = split_of(end - begin);

    if (m <= k) {
        model_consistency(tree, m, begin, begin + k, whole, path);
        path_add(path, tree, begin + k, end);

    } else {
        model_consistency(tree, m - k, begin + k, end, 0, path);
        path_add(path, tree, begin, begin + k);
    }
}


/* Asserts that only complete subtrees are asked for, all inside the tree. */
static unsigned
subtree_of(void *context, unsigned level, uint64_t index,
    uint8_t hash[JUPREF_SHA256_SIZE])
{
    const tree_t  *tree = context;

    if (tree->refuses) {
        return 0;
    }

    assert_true((index + 1) << level <= tree->size);
    model_hash(tree, index << level, (index + 1) << level, hash);

    return 1;
}


static void
tree_fill(tree_t *tree)
{
    uint8_t  leaf[2];

    memset(tree, 0, sizeof(tree_t));
    leaf[0] = 0;

    for (tree->size = 0; tree->size < MOST; tree->size++) {
        leaf[1] = (uint8_t) tree->size;
        assert_true(jupref_sha256(tree->leaves[tree->size],
                                  (jupref_bytes_t) { leaf, 2 }));
    }
}


static void
assert_path(const jupref_proof_t *proof, const path_t *path)
{
    assert_int_equal(proof->count, path->count);
    assert_memory_equal(proof->hashes, path->hashes, path->count * 32);
}


/* The eight leaves and roots that Certificate Transparency's logs test by. */

static void
roots_are_those_of_the_reference(void **state)
{
    size_t             len;
    uint8_t            leaf[17], hash[32], root[32], expected[32];
    unsigned           i;
    jupref_frontier_t  frontier;
    static const struct {
        const char  *leaf;
        const char  *root;
    } vectors[] = {
        { "",
          "6e340b9cffb37a989ca544e6bb780a2c"
          "78901d3fb33738768511a30617afa01d" },
        { "00",
          "fac54203e7cc696cf0dfcb42c92a1d9d"
          "baf70ad9e621f4bd8d98662f00e3c125" },
        { "10",
          "aeb6bcfe274b70a14fb067a5e5578264"
          "db0fa9b51af5e0ba159158f329e06e77" },
        { "2021",
          "d37ee418976dd95753c1c73862b9398f"
          "a2a2cf9b4ff0fdfe8b30cd95209614b7" },
        { "3031",
          "4e3bbb1f7b478dcfe71fb631631519a3"
          "bca12c9aefca1612bfce4c13a86264d4" },
        { "40414243",
          "76e67dadbcdf1e10e1b74ddc608abd2f"
          "98dfb16fbce75277b5232a127f2087ef" },
        { "5051525354555657",
          "ddb89be403809e325750d3d263cd7892"
          "9c2942b7942a34b77e122c9594a74c8c" },
        { "606162636465666768696a6b6c6d6e6f",
          "5dc9da79a70659a9ad559cb701ded9a2"
          "ab9d823aad2f4960cfe370eff4604328" }
    };

    memset(&frontier, 0, sizeof(jupref_frontier_t));

    assert_true(jupref_frontier_root(&frontier, root));
    assert_true(jupref_sha256(expected, jupref_bytes("")));
    assert_memory_equal(root, expected, 32);

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        len = strlen(vectors[i].leaf) / 2;
        leaf[0] = 0;
        assert_true(jupref_hex_decode(leaf + 1, len, (jupref_bytes_t) {
                        (const uint8_t *) vectors[i].leaf, 2 * len }));
        assert_true(jupref_sha256(hash, (jupref_bytes_t) { leaf, len + 1 }));

        assert_true(jupref_frontier_append(&frontier, hash));
        assert_int_equal(frontier.size, i + 1);
        assert_true(jupref_frontier_root(&frontier, root));

        assert_true(jupref_hex_decode(expected, 32, (jupref_bytes_t) {
                        (const uint8_t *) vectors[i].root, 64 }));
        assert_memory_equal(root, expected, 32);
    }
}


static void
frontier_and_subtrees_have_the_models_root(void **state)
{
    uint8_t            root[32], expected[32];
    tree_t             tree;
    uint64_t           size;
    jupref_frontier_t  frontier;

    tree_fill(&tree);
    memset(&frontier, 0, sizeof(jupref_frontier_t));

    for (size = 0; size <= MOST; size++) {
        model_hash(&tree, 0, size, expected);

        assert_true(jupref_frontier_root(&frontier, root));
        assert_memory_equal(root, expected, 32);

        tree.size = size;
        assert_true(jupref_merkle_root(size, subtree_of, &tree, root));
        assert_memory_equal(root, expected, 32);
        tree.size = MOST;

        if (size < MOST) {
            assert_true(jupref_frontier_append(&frontier,
                                               tree.leaves[size]));
        }
    }
}


static void
every_leaf_is_proved_as_the_model_does(void **state)
{
    tree_t          tree;
    path_t          path;
    uint8_t         root[32];
    uint64_t        index, size;
    jupref_proof_t  proof;

    tree_fill(&tree);

    for (size = 1; size <= MOST; size++) {
        tree.size = size;
        model_hash(&tree, 0, size, root);

        for (index = 0; index < size; index++) {
            path.count = 0;
            model_inclusion(&tree, index, 0, size, &path);

            assert_true(jupref_merkle_inclusion(index, size, subtree_of,
                                                &tree, &proof));
            assert_path(&proof, &path);
            assert_true(jupref_merkle_verify_inclusion(index, size,
                            tree.leaves[index], &proof, root));
        }

        assert_false(jupref_merkle_inclusion(size, size, subtree_of, &tree,
                                             &proof));
    }
}


static void
every_beginning_is_proved_as_the_model_does(void **state)
{
    tree_t          tree;
    path_t          path;
    uint8_t         from_root[32], to_root[32];
    uint64_t        from, to;
    jupref_proof_t  proof;

    tree_fill(&tree);

    for (to = 1; to <= MOST; to++) {
        tree.size = to;
        model_hash(&tree, 0, to, to_root);

        for (from = 1; from <= to; from++) {
            path.count = 0;
            model_consistency(&tree, from, 0, to, 1, &path);
            model_hash(&tree, 0, from, from_root);

            assert_true(jupref_merkle_consistency(from, to, subtree_of,
                                                  &tree, &proof));
            assert_path(&proof, &path);
            assert_true(jupref_merkle_verify_consistency(from, to, from_root,
                                                         to_root, &proof));
        }

        assert_false(jupref_merkle_consistency(0, to, subtree_of, &tree,
                                               &proof));
        assert_false(jupref_merkle_consistency(to + 1, to, subtree_of, &tree,
                                               &proof));
    }
}


static void
a_changed_inclusion_proves_nothing(void **state)
{
    tree_t          tree;
    uint8_t         root[32], other[32];
    uint64_t        index, size, wrong;
    unsigned        i;
    jupref_proof_t  proof, changed;

    tree_fill(&tree);

    for (size = 1; size <= 20; size++) {
        model_hash(&tree, 0, size, root);
        model_hash(&tree, 0, size + 1, other);

        for (index = 0; index < size; index++) {
            assert_true(jupref_merkle_inclusion(index, size, subtree_of,
                                                &tree, &proof));

            for (wrong = 0; wrong <= size; wrong++) {
                if (wrong != index) {
                    assert_false(jupref_merkle_verify_inclusion(wrong, size,
                                     tree.leaves[index], &proof, root));
                }
            }

            assert_false(jupref_merkle_verify_inclusion(index, size,
                             tree.leaves[size], &proof, root));
            assert_false(jupref_merkle_verify_inclusion(index, size,
                             tree.leaves[index], &proof, other));
            assert_false(jupref_merkle_verify_inclusion(index, 0,
                             tree.leaves[index], &proof, root));

            for (i = 0; i < proof.count; i++) {
                changed = proof;
                changed.hashes[i][31] ^= 1;
                assert_false(jupref_merkle_verify_inclusion(index, size,
                                 tree.leaves[index], &changed, root));
                changed = proof;
                changed.count = i;
                assert_false(jupref_merkle_verify_inclusion(index, size,
                                 tree.leaves[index], &changed, root));
            }

            changed = proof;
            memset(changed.hashes[changed.count++], 0, 32);
            assert_false(jupref_merkle_verify_inclusion(index, size,
                             tree.leaves[index], &changed, root));
        }
    }
}


static void
a_changed_consistency_proves_nothing(void **state)
{
    tree_t          tree;
    uint8_t         from_root[32], to_root[32], other[32];
    uint64_t        from, to;
    unsigned        i;
    jupref_proof_t  proof, changed;

    tree_fill(&tree);

    for (to = 1; to <= 20; to++) {
        model_hash(&tree, 0, to, to_root);
        model_hash(&tree, 0, to + 1, other);

        for (from = 1; from <= to; from++) {
            model_hash(&tree, 0, from, from_root);
            assert_true(jupref_merkle_consistency(from, to, subtree_of,
                                                  &tree, &proof));

            assert_false(jupref_merkle_verify_consistency(from, to, other,
                                                          to_root, &proof));
            assert_false(jupref_merkle_verify_consistency(from, to, from_root,
                                                          other, &proof));
            assert_false(jupref_merkle_verify_consistency(0, to, from_root,
                                                          to_root, &proof));
            assert_false(jupref_merkle_verify_consistency(to + 1, to,
                             from_root, to_root, &proof));

            for (i = 0; i < proof.count; i++) {
                changed = proof;
                changed.hashes[i][0] ^= 0x80;
                assert_false(jupref_merkle_verify_consistency(from, to,
                                 from_root, to_root, &changed));
                changed = proof;
                changed.count = i;
                assert_false(jupref_merkle_verify_consistency(from, to,
                                 from_root, to_root, &changed));
            }

            changed = proof;
            memset(changed.hashes[changed.count++], 0, 32);
            assert_false(jupref_merkle_verify_consistency(from, to, from_root,
                                                          to_root, &changed));
        }
    }
}


static void
what_cannot_be_read_is_not_proved(void **state)
{
    tree_t          tree;
    uint8_t         root[32];
    jupref_proof_t  proof;

    tree_fill(&tree);
    tree.refuses = 1;

    assert_false(jupref_merkle_root(7, subtree_of, &tree, root));
    assert_false(jupref_merkle_inclusion(3, 7, subtree_of, &tree, &proof));
    assert_false(jupref_merkle_consistency(3, 7, subtree_of, &tree, &proof));
}


/* Of a tree whose complete subtrees all look alike, as large as can be. */

static unsigned
subtree_of_zeroes(void *context, unsigned level, uint64_t index,
    uint8_t hash[JUPREF_SHA256_SIZE])
{
    memset(hash, 0, JUPREF_SHA256_SIZE);

    for ( /* void */ ; level > 0; level--) {
        node(hash, hash, hash);
    }

    return 1;
}


static void
the_largest_tree_is_proved(void **state)
{
    uint8_t            zero[32], root[32], from_root[32];
    uint64_t           most;
    jupref_proof_t     proof;
    jupref_frontier_t  frontier;

    most = (UINT64_C(1) << JUPREF_MERKLE_LEVELS) - 1;
    memset(zero, 0, sizeof(zero));

    assert_true(jupref_merkle_root(most, subtree_of_zeroes, NULL, root));
    assert_true(jupref_merkle_inclusion(most - 1, most, subtree_of_zeroes,
                                        NULL, &proof));
    assert_true(jupref_merkle_verify_inclusion(most - 1, most, zero, &proof,
                                               root));
    assert_true(jupref_merkle_inclusion(1, most, subtree_of_zeroes, NULL,
                                        &proof));
    assert_true(jupref_merkle_verify_inclusion(1, most, zero, &proof, root));

    assert_true(jupref_merkle_root(most - 2, subtree_of_zeroes, NULL,
                                   from_root));
    assert_true(jupref_merkle_consistency(most - 2, most, subtree_of_zeroes,
                                          NULL, &proof));
    assert_true(jupref_merkle_verify_consistency(most - 2, most, from_root,
                                                 root, &proof));

    assert_false(jupref_merkle_root(most + 1, subtree_of_zeroes, NULL, root));

    memset(&frontier, 0, sizeof(jupref_frontier_t));
    frontier.size = most;
    assert_false(jupref_frontier_append(&frontier, zero));
    assert_int_equal(frontier.size, most);
    frontier.size = UINT64_MAX;
    assert_false(jupref_frontier_append(&frontier, zero));
    assert_false(jupref_frontier_root(&frontier, root));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_the_reference),
        cmocka_unit_test(frontier_and_subtrees_have_the_models_root),
        cmocka_unit_test(every_leaf_is_proved_as_the_model_does),
        cmocka_unit_test(every_beginning_is_proved_as_the_model_does),
        cmocka_unit_test(a_changed_inclusion_proves_nothing),
        cmocka_unit_test(a_changed_consistency_proves_nothing),
        cmocka_unit_test(what_cannot_be_read_is_not_proved),
        cmocka_unit_test(the_largest_tree_is_proved)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
