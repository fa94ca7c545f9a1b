import {FloatField, floatField} from "@web/views/fields/float/float_field";
import {IntegerField, integerField} from "@web/views/fields/integer/integer_field";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

/** A number field whose 0 means that there is no limit: it shows its placeholder then. */
const withLimit = (Field, template) =>
    class extends Field {
        static template = template;
        static props = {...Field.props, placeholder: {type: String, optional: true}};

        get formattedValue() {
            return this.value ? super.formattedValue : "";
        }

        get placeholder() {
            return this.props.placeholder || _t("No limit");
        }
    };

class IntegerLimitField extends withLimit(IntegerField, "integration_core.IntegerLimit") {}
class FloatLimitField extends withLimit(FloatField, "integration_core.FloatLimit") {}

for (const [name, field, component] of [
    ["integer_limit", integerField, IntegerLimitField],
    ["float_limit", floatField, FloatLimitField],
]) {
    registry.category("fields").add(name, {
        ...field,
        component,
        extractProps: (fieldInfo, dynamicInfo) => ({
            ...field.extractProps(fieldInfo, dynamicInfo),
            placeholder: fieldInfo.placeholder || fieldInfo.attrs.placeholder,
        }),
    });
}
