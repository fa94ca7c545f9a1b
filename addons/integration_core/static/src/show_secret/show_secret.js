import {Component, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {_t} from "@web/core/l10n/translation";
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";

/** The one time that a secret is on a screen: it is nowhere in the database to be read again. */
export class ShowSecret extends Component {
    static template = "integration_core.ShowSecret";
    static components = {Dialog};
    static props = {
        clientId: {type: String, optional: true},
        close: Function,
        fingerprint: String,
        purpose: String,
        secret: String,
        system: String,
        tokenUrl: {type: String, optional: true},
    };

    setup() {
        this.state = useState({copied: false});
    }

    get title() {
        return _t("Secret of %s", this.props.system);
    }

    async copy() {
        await browser.navigator.clipboard.writeText(this.props.secret);
        this.state.copied = true;
    }
}

async function showSecret(env, action) {
    // The dialog that made it is done with: pressed again it would make another one.
    await env.services.action.doAction({type: "ir.actions.act_window_close"});
    env.services.dialog.add(ShowSecret, action.params, {
        onClose: () => env.services.action.doAction({type: "ir.actions.client", tag: "soft_reload"}),
    });
}

registry.category("actions").add("integration_core.show_secret", showSecret);
