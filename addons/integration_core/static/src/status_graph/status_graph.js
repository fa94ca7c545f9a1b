import {GraphRenderer} from "@web/views/graph/graph_renderer";
import {graphView} from "@web/views/graph/graph_view";
import {registry} from "@web/core/registry";

// What the badges of the lists have, so that a graph by status reads like them.
const COLORS = {
    delivered: "#28a745",
    processed: "#28a745",
    pending: "#17a2b8",
    received: "#17a2b8",
    sending: "#4e9fd1",
    processing: "#4e9fd1",
    retrying: "#ffac00",
    waiting: "#ffac00",
    paused: "#e6c34a",
    dead: "#d44c59",
    quarantined: "#a8323e",
    cancelled: "#adb5bd",
    expired: "#868e96",
    superseded: "#adb5bd",
};

/** A bar chart whose bars have the colors of the statuses that they count. */
export class StatusGraphRenderer extends GraphRenderer {
    getBarChartData() {
        const data = super.getBarChartData();
        const selection = this.model.metaData.fields.state?.selection || [];
        const valueOf = Object.fromEntries(selection.map(([value, label]) => [label, value]));
        for (const dataset of data.datasets) {
            const color = COLORS[valueOf[dataset.label]];
            if (color) {
                dataset.backgroundColor = color;
            }
        }
        return data;
    }
}

registry.category("views").add("integration_status_graph", {...graphView, Renderer: StatusGraphRenderer});
