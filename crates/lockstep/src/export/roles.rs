//! Templates of roles alone: for homes outside of Azure, for many subscriptions at once, and for what no home is given by itself.

use lockstep_azure::{Needs, RolePart};
use lockstep_core::Policy;
use lockstep_engine::needs;
use serde_json::{Map, Value, json};

use super::parts::{
    CustomRole, Level, MANAGEMENT_GROUP, Place, SUBSCRIPTION, WORKSPACE, assignment, id_of_assignment, one_of, removal,
    text, when,
};

/// What is done at the workspace: reading it and, where the parameter `mayWrite` says so, writing its incidents. Deployed to the
/// workspace's resource group.
pub fn workspace(policy: &Policy) -> Map<String, Value> {
    let needs = needs(policy);
    let built_in = format!("if(parameters('mayWrite'), '{SENTINEL_RESPONDER}', '{SENTINEL_READER}')");
    let parts = [(RolePart::ReadWorkspace, None), (RolePart::WriteIncidents, Some("parameters('mayWrite')"))];
    let says = "Rights at a Sentinel workspace: to read it and, where asked for, to write its incidents.";
    let mut template = frame(Level::ResourceGroup, says, policy, needs, &WORKSPACE, &parts, Some(&built_in));
    template["parameters"]["workspaceName"] = text("The workspace, in the resource group that this is deployed to.");
    template["parameters"]["mayWrite"] = json!({
        "type": "bool",
        "defaultValue": false,
        "metadata": {"description": "Whether incidents may be written, and not only looked at."},
    });
    template
}

/// Looking at the alerts of a subscription. Deployed to the subscription.
pub fn subscription(policy: &Policy) -> Map<String, Value> {
    let says = "Rights in a subscription: to read Defender for Cloud's alerts and how it is set up.";
    let built_in = format!("'{SECURITY_READER}'");
    let parts = [(RolePart::ReadAlerts, None)];
    frame(Level::Subscription, says, policy, needs(policy), &SUBSCRIPTION, &parts, Some(&built_in))
}

/// The same in every subscription of a management group. Deployed to the management group.
pub fn management_group(policy: &Policy) -> Map<String, Value> {
    let says =
        "Rights in every subscription of a management group: to read Defender for Cloud's alerts and how it is set up.";
    let built_in = format!("'{SECURITY_READER}'");
    let parts = [(RolePart::ReadAlerts, None)];
    frame(Level::ManagementGroup, says, policy, needs(policy), &MANAGEMENT_GROUP, &parts, Some(&built_in))
}

/// Changing the alerts of a subscription, which no other template allows. Deployed to the subscription.
///
/// It is for policies that let alerts follow their incidents; of another policy it holds what all such policies may need.
pub fn alert_writer(policy: &Policy) -> Map<String, Value> {
    let own = needs(policy);
    let needs = if own.alerts || own.alerts_in_progress { own } else { Needs { alerts: true, ..own } };
    let says = "The right to set the status of Defender for Cloud's alerts in a subscription. Only policies that let alerts follow their incidents need it.";
    frame(Level::Subscription, says, policy, needs, &SUBSCRIPTION, &[(RolePart::WriteAlerts, None)], None)
}

/// What another tenant's principal is given where only built-in roles can be delegated: to look at the workspace's incidents and
/// at the alerts, and where the parameter `mayWrite` says so to write incidents. Deployed to the subscription that delegates.
///
/// Source: "Onboard a customer to Azure Lighthouse", which lists the resources, and that custom roles are not supported.
pub fn delegation() -> Map<String, Value> {
    let id = "guid(subscription().id, parameters('managingTenantId'), 'lockstep')";
    let mut template = Level::Subscription.template(json!({
        "description": "Delegates a subscription to an identity of another tenant by Azure Lighthouse, with built-in roles alone: a delegation takes no custom ones. They allow more than lockstep needs. Made by `lockstep export delegation`.",
    }));
    template.insert(
        "parameters".to_owned(),
        json!({
            "managingTenantId": text("The tenant that lockstep signs in to."),
            "principalId": text("The object id of lockstep's service principal there."),
            "mayWrite": {
                "type": "bool",
                "defaultValue": false,
                "metadata": {"description": "Whether incidents may be written, and not only looked at."},
            },
        }),
    );
    let authorization = |role: String| {
        json!({
            "principalId": "[parameters('principalId')]",
            "principalIdDisplayName": "lockstep",
            "roleDefinitionId": role,
        })
    };
    template.insert(
        "resources".to_owned(),
        json!([
            {
                "type": "Microsoft.ManagedServices/registrationDefinitions",
                "apiVersion": MANAGED_SERVICES,
                "name": format!("[{id}]"),
                "properties": {
                    "registrationDefinitionName": "lockstep",
                    "description": "Keeps Sentinel incidents in step with their Defender for Cloud alerts.",
                    "managedByTenantId": "[parameters('managingTenantId')]",
                    "authorizations": [
                        authorization(format!("[if(parameters('mayWrite'), '{SENTINEL_RESPONDER}', '{SENTINEL_READER}')]")),
                        authorization(SECURITY_READER.to_owned()),
                    ],
                },
            },
            {
                "type": "Microsoft.ManagedServices/registrationAssignments",
                "apiVersion": MANAGED_SERVICES,
                "name": format!("[{id}]"),
                "dependsOn": [format!("[subscriptionResourceId('Microsoft.ManagedServices/registrationDefinitions', {id})]")],
                "properties": {
                    "registrationDefinitionId": format!("[subscriptionResourceId('Microsoft.ManagedServices/registrationDefinitions', {id})]"),
                },
            },
        ]),
    );
    let of = |kind: &str| format!("subscriptionResourceId('Microsoft.ManagedServices/{kind}', {id})");
    template.insert(
        "outputs".to_owned(),
        json!({"removal": removal(&[of("registrationAssignments"), of("registrationDefinitions")])}),
    );
    template
}

/// A template with custom roles, each where its condition holds, or with the built-in one instead where there is such a choice.
fn frame(
    level: Level,
    says: &str,
    policy: &Policy,
    needs: Needs,
    place: &Place,
    parts: &[(RolePart, Option<&str>)],
    built_in: Option<&str>,
) -> Map<String, Value> {
    let (mut resources, mut ids, mut definitions, mut remarks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (part, condition) in parts {
        let Some(contents) = part.contents(needs) else { continue };
        let custom = built_in.map(|_| "equals(parameters('roles'), 'Custom')");
        let condition = match (*condition, custom) {
            (Some(asked), Some(custom)) => Some(format!("and({asked}, {custom})")),
            (asked, custom) => asked.or(custom).map(ToOwned::to_owned),
        };
        let role = CustomRole::of(*part, &contents);
        resources.extend(role.resources(place, condition.as_deref()));
        let [assignment, definition] = role.ids(place);
        ids.push(assignment);
        definitions.push(definition);
        remarks.extend(contents.remarks);
    }
    let mut parameters =
        json!({"principalId": text("The object id of the service principal that lockstep signs in as.")});
    if let Some(role) = built_in {
        let mut built_in = assignment(place, role);
        when(&mut built_in, Some("equals(parameters('roles'), 'BuiltIn')"));
        resources.push(built_in);
        ids.push(id_of_assignment(place, role));
        parameters["roles"] = one_of(
            "Custom roles that allow what is needed and no more, or built-in ones where no custom ones can be made.",
            &["Custom", "BuiltIn"],
        );
    }
    ids.extend(definitions);
    let mut metadata = json!({"description": says, "policy": &*policy.name});
    if !remarks.is_empty() {
        metadata["remarks"] = remarks.into();
    }
    let mut template = level.template(metadata);
    template.insert("parameters".to_owned(), parameters);
    template.insert("resources".to_owned(), resources.into());
    template.insert("outputs".to_owned(), json!({"removal": removal(&ids)}));
    template
}

/// Microsoft's own. Source: "Azure built-in roles for Security".
const SENTINEL_READER: &str = "8d289c81-5878-46d4-8554-54e1e3d8b5cb";
const SENTINEL_RESPONDER: &str = "3e150937-b8fe-4cfb-8069-0eaf05ecd056";
const SECURITY_READER: &str = "39bc4728-0917-49c7-9d2c-d95423bc2eb4";
const MANAGED_SERVICES: &str = "2022-10-01";
