import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {session} from "@web/session";
import {useService} from "@web/core/utils/hooks";

/** On every page, as long as nothing is sent: this database may be a copy, or everything is suspended. */
export class IntegrationNotice extends Component {
    static template = "integration_core.Notice";
    static props = {};

    setup() {
        this.action = useService("action");
        this.text = session.integration_notice.text;
        this.title = session.integration_notice.title;
    }

    async review() {
        this.action.doAction({
            type: "ir.actions.act_window",
            name: session.integration_notice.title,
            res_model: session.integration_notice.model,
            views: [[false, "form"]],
            target: "new",
        });
    }
}

if (session.integration_notice) {
    registry.category("main_components").add("IntegrationNotice", {Component: IntegrationNotice});
}
