/*
 * What accounts were like some slots ago, for nodes that lag and for the
 * commitment levels: LiteSVM knows the present only.
 *
 * An account's versions stand in the order they ended: the version "until 7"
 * is what everybody saw whose newest slot was 6 or less.
 */

const REMEMBERED_SLOTS = 20_000n;


export class Versions {
    #versions = new Map();
    #changes = [];

    /* `account` is what stood there before slot `until`. */
    keep(address, until, account) {
        const list = this.#versions.get(address) ?? [];
        const first = list.findIndex(
            (one) => one.until >= until - REMEMBERED_SLOTS);

        list.splice(0, first < 0 ? list.length : first);
        list.push({ until, account });
        this.#changes.push({ until, address });
        this.#versions.set(address, list);
    }

    /* The account at a slot: {account}, or null if it is today's. */
    at(address, slot) {
        return this.#versions.get(address)?.find(
            ({ until }) => until > slot) ?? null;
    }

    /*
     * The addresses changed after the first `count` changes, in slots up to
     * `slot`, and how many changes there are up to there.
     */
    changesAfter(count, slot) {
        return upTo(this.#changes, count, slot, ({ until }) => until);
    }

    forget() {
        this.#versions.clear();
    }
}


/* What of a list ordered by slot comes after `count`, up to a slot. */
export function upTo(list, count, slot, slotOf) {
    const end = list.findLastIndex((one) => slotOf(one) <= slot) + 1;

    return { news: list.slice(count, end), count: Math.max(count, end) };
}


export function sameAccount(one, other) {
    return one === null || other === null ? one === other
        : one.lamports === other.lamports && one.owner.equals(other.owner)
            && one.data.equals(other.data);
}
