/*
 * Several nodes over one chain.
 *
 *     const sandbox = await startSandbox(0, { nodes: ["a", "b", "c"] });
 *     const { a, b } = sandbox.cluster.byName;
 *
 *     a.set({ lag: 50, latencyMs: 20 });
 *     b.script.add([{ method: "getSlot", times: 3, vendor: "forbidden" }]);
 *     await a.stop();
 *     b.asked("getSlot");
 */

import { Node } from "./node.mjs";


export class Cluster {
    constructor(names, market) {
        this.nodes = names.map((name) => new Node(name, market));
        this.byName = Object.fromEntries(this.nodes.map(
            (node) => [node.name, node]));
    }

    get first() {
        return this.nodes[0];
    }

    node(name) {
        if (!Object.hasOwn(this.byName, name ?? "")) {
            throw new Error(`no node ${name}; there are: `
                            + Object.keys(this.byName).join(", "));
        }

        return this.byName[name];
    }

    /* How often all of them were asked. */
    asked(method) {
        return this.nodes.reduce((sum, node) => sum + node.asked(method), 0);
    }

    /* Every node honest, up, and with nothing to remember. */
    async reset() {
        for (const node of this.nodes) {
            node.reset();
            await node.start();
        }
    }

    async start() {
        for (const node of this.nodes) {
            await node.start();
        }
    }

    async stop() {
        for (const node of this.nodes) {
            await node.stop();
        }
    }
}
