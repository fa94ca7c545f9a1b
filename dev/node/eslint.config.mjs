// The rules that matter most of OCA's template, for the modules of the web client.
import globals from "globals";

export default [
    {
        languageOptions: {
            ecmaVersion: 2024,
            sourceType: "module",
            globals: {...globals.browser, odoo: "readonly"},
        },
        rules: {
            "array-callback-return": "error",
            curly: "error",
            "dot-notation": "error",
            eqeqeq: "error",
            "no-alert": "error",
            "no-console": "error",
            "no-debugger": "error",
            "no-else-return": "error",
            "no-eval": "error",
            "no-implied-eval": "error",
            "no-shadow": "error",
            "no-throw-literal": "error",
            "no-undef": "error",
            "no-unused-vars": "error",
            "no-use-before-define": "error",
            "no-var": "error",
            "prefer-const": "error",
            "sort-imports": ["error", {ignoreDeclarationSort: true, ignoreCase: true}],
            strict: ["error", "never"],
        },
    },
];
