//! The portal's forms for the templates (createUiDefinition): what is asked, and which parameter each answer fills.
//!
//! Source: "CreateUiDefinition.json for Azure managed application's create experience", elements and functions.

use serde_json::{Value, json};

use super::HOME_IMAGE;

/// The form of the Logic App's template.
pub fn logic_app() -> Value {
    let step = step(
        "app",
        "Logic App",
        &[
            text_box("logicAppName", "Name", "logic-lockstep", "What the Logic App is called.", NAME),
            identity_type(),
            text_box(
                "identityName",
                "Name of the identity",
                "id-lockstep",
                "What a user-assigned identity is called.",
                NAME,
            ),
            slider("intervalMinutes", "Minutes between two runs", 1, 60, 5),
            options(
                "state",
                "Whether it runs",
                "Its rights take up to half an hour to hold after the first deployment.",
                &[("Switched off", "Disabled"), ("Switched on", "Enabled")],
            ),
        ],
    );
    let part = |number: u32| format!("[first(skip(split(steps('workspace').workspace.id, '/'), {number}))]");
    form(
        &[workspace(), step],
        json!({
            "workspaceName": part(8),
            "workspaceResourceGroup": part(4),
            "workspaceSubscriptionId": part(2),
            "logicAppName": "[steps('app').logicAppName]",
            "location": "[location()]",
            "identityType": "[steps('app').identityType]",
            "identityName": "[steps('app').identityName]",
            "intervalMinutes": "[int(steps('app').intervalMinutes)]",
            "state": "[steps('app').state]",
        }),
    )
}

/// The form of a container's template; `timing` is its own parameter about when it runs.
pub fn container(timing: Timing) -> Value {
    let image = "HOST/NAME@sha256:DIGEST. As long as no image is published, one that you built with deploy/Dockerfile and pushed.";
    let step_app = step(
        "app",
        "Container",
        &[
            text_box(
                "name",
                "Name",
                "lockstep",
                "What it is called: lower-case letters, digits and dashes.",
                "^[a-z][a-z0-9-]{0,30}[a-z0-9]$",
            ),
            text_box("image", "Image", HOME_IMAGE, image, "^[^\\s]+@sha256:[0-9a-f]{64}$"),
            text_box(
                "registryServer",
                "Private registry",
                "",
                "The registry's host if it is a private one; the identity needs AcrPull there.",
                "^[a-z0-9.-]*$",
            ),
            options(
                "mode",
                "Whether it writes",
                "Observe shows what it would do, Apply does it.",
                &[("Observe", "Observe"), ("Apply", "Apply")],
            ),
            text_box(timing.parameter, timing.label, timing.default, timing.says, timing.pattern),
            identity_type(),
            options(
                "roles",
                "Roles",
                "Custom roles allow what is needed and no more.",
                &[("Custom", "Custom"), ("Built-in", "BuiltIn")],
            ),
        ],
    );
    let step_ledger =
        step("ledger", "Ledger", &[slider("retentionDays", "Days for which nobody can change it", 0, 3650, 0)]);
    form(
        &[workspace(), step_app, step_ledger],
        json!({
            "workspaceResourceId": "[steps('workspace').workspace.id]",
            "name": "[steps('app').name]",
            "image": "[steps('app').image]",
            "registryServer": "[steps('app').registryServer]",
            "mode": "[steps('app').mode]",
            timing.parameter: format!("[steps('app').{}]", timing.parameter),
            "identityType": "[steps('app').identityType]",
            "roles": "[steps('app').roles]",
            "location": "[location()]",
            "retentionDays": "[int(steps('ledger').retentionDays)]",
        }),
    )
}

/// When a container runs.
#[derive(Clone, Copy)]
pub struct Timing {
    parameter: &'static str,
    label: &'static str,
    default: &'static str,
    says: &'static str,
    pattern: &'static str,
}

/// A job's.
pub const SCHEDULE: Timing = Timing {
    parameter: "schedule",
    label: "Schedule",
    default: "*/5 * * * *",
    says: "A cron expression in UTC.",
    pattern: "^(\\S+\\s+){4}\\S+$",
};

/// An app's.
pub const INTERVAL: Timing = Timing {
    parameter: "interval",
    label: "Interval",
    default: "5m",
    says: "How much time lies between two passes: 90s, 5m.",
    pattern: "^([0-9]+[smh])+$",
};

fn form(steps: &[Value], outputs: Value) -> Value {
    json!({
        "$schema": "https://schema.management.azure.com/schemas/0.1.2-preview/CreateUIDefinition.MultiVm.json#",
        "handler": "Microsoft.Azure.CreateUIDef",
        "version": "0.1.2-preview",
        "parameters": {
            "config": {"isWizard": false, "basics": {"location": {"label": "Region", "toolTip": "Where it runs; the workspace may be elsewhere."}}},
            "basics": [],
            "steps": steps,
            "outputs": outputs,
        },
    })
}

fn step(name: &str, label: &str, elements: &[Value]) -> Value {
    json!({"name": name, "label": label, "elements": elements})
}

/// The workspace, of any resource group and subscription that the person sees.
fn workspace() -> Value {
    step(
        "workspace",
        "Workspace",
        &[json!({
            "name": "workspace",
            "type": "Microsoft.Solutions.ResourceSelector",
            "label": "Workspace of Microsoft Sentinel",
            "toolTip": "It may be in any resource group and subscription of this tenant.",
            "resourceType": "Microsoft.OperationalInsights/workspaces",
            "constraints": {"required": true},
            "options": {"filter": {"subscription": "all", "location": "all"}},
        })],
    )
}

fn identity_type() -> Value {
    options(
        "identityType",
        "Identity",
        "As whom it reads and writes.",
        &[("Its own, which goes with it", "SystemAssigned"), ("One that stays", "UserAssigned")],
    )
}

fn text_box(name: &str, label: &str, default: &str, says: &str, pattern: &str) -> Value {
    json!({
        "name": name,
        "type": "Microsoft.Common.TextBox",
        "label": label,
        "defaultValue": default,
        "toolTip": says,
        // What may be empty says so in its pattern.
        "constraints": {"required": !pattern.ends_with("*$"), "regex": pattern, "validationMessage": says},
        "visible": true,
    })
}

fn options(name: &str, label: &str, says: &str, choices: &[(&str, &str)]) -> Value {
    let allowed: Vec<Value> = choices.iter().map(|(label, value)| json!({"label": label, "value": value})).collect();
    json!({
        "name": name,
        "type": "Microsoft.Common.OptionsGroup",
        "label": label,
        "defaultValue": choices.first().map(|(label, _)| *label),
        "toolTip": says,
        "constraints": {"allowedValues": allowed, "required": true},
        "visible": true,
    })
}

fn slider(name: &str, label: &str, least: u32, most: u32, default: u32) -> Value {
    json!({
        "name": name,
        "type": "Microsoft.Common.Slider",
        "label": label,
        "min": least,
        "max": most,
        "defaultValue": default,
        "showStepMarkers": false,
        "constraints": {"required": false},
        "visible": true,
    })
}

/// Names of resources that take most things.
const NAME: &str = "^[A-Za-z0-9][A-Za-z0-9_.()-]{0,78}$";
