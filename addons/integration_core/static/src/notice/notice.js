import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {session} from "@web/session";
import {useService} from "@web/core/utils/hooks";

/** On every page, as long as this database may be a copy: nothing is sent from it. */
export class IntegrationNotice extends Component {
    static template = "integration_core.Notice";
    static props = {};

    setup() {
        this.action = useService("action");
        this.text = session.integration_notice;
    }

    async review() {
        this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Moved or Copied?"),
            res_model: "integration.identity",
            views: [[false, "form"]],
            target: "new",
        });
    }
}

if (session.integration_notice) {
    registry.category("main_components").add("IntegrationNotice", {Component: IntegrationNotice});
}
