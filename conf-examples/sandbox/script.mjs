/*
 * What a node is told to do wrong: a list of rules, each for some methods and
 * so many calls.
 *
 *     method    a name, a list of names, or "*" (the default)
 *     skip      so many matching calls go well before (0)
 *     times     so many calls it applies to; without it until cleared
 *
 * and what happens to such a call, one of
 *
 *     error     the `error` member of the answer: {code, message, data}
 *     result    the `result` member, whatever the truth is
 *     nothing   true: the node knows nothing of what is asked; null, or a null
 *               for each signature or account, or an empty list
 *     status    an HTTP answer, with `headers` and `body` (text or JSON)
 *     vendor    an HTTP answer of a name in VENDORS
 *
 * and beside or instead of it
 *
 *     do        how the answer travels, in the words of whims.mjs: "slow=500",
 *               "cut", "drip=50", "timeout", "reset"
 */

import { VENDORS } from "./vendors.mjs";

const KNOWN = ["method", "skip", "times", "error", "result", "nothing",
               "status", "headers", "body", "vendor", "do"];


export class Script {
    #rules = [];

    get rules() {
        return this.#rules.map((rule) => ({ ...rule }));
    }

    add(rules) {
        this.#rules.push(...rules.map(readRule));
    }

    clear() {
        this.#rules = [];
    }

    /* The rule for this call, used up by one; null for none. */
    next(method) {
        const rule = this.#rules.find((one) => matches(one, method)
                                      && !passes(one));

        if (rule === undefined) {
            return null;
        }

        if (rule.times !== undefined) {
            rule.times--;
        }

        this.#rules = this.#rules.filter(({ times }) => times !== 0);

        return rule;
    }
}


function readRule(rule) {
    const unknown = Object.keys(rule).find((name) => !KNOWN.includes(name));

    if (unknown !== undefined) {
        throw new Error(`unknown word ${unknown} in a script; known: `
                        + KNOWN.join(", "));
    }

    if (rule.vendor !== undefined && !Object.hasOwn(VENDORS, rule.vendor)) {
        throw new Error(`unknown vendor answer ${rule.vendor}; known: `
                        + Object.keys(VENDORS).join(", "));
    }

    return { ...rule, ...VENDORS[rule.vendor] };
}


function matches({ method = "*" }, name) {
    return method === "*" || [method].flat().includes(name);
}


function passes(rule) {
    return rule.skip > 0 && rule.skip-- > 0;
}
