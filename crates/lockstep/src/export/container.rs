//! lockstep in a container: a job on a schedule, or an app that is always on. Its ledger's home is part of the template.
//!
//! A job's disk is empty each time, so the ledger lies in append blobs of a storage account that no key opens. The identity may
//! add to it and read it; deleting is in none of its roles, and a retention policy keeps everybody else from it.

use lockstep_core::Policy;
use lockstep_core::Preset;
use serde_json::{Map, Value, json};

use super::parts::{CONTAINER, CustomRole, DEPLOYMENTS, Level, nested, number, one_of, removal, text, text_or};
use super::{HOME_IMAGE, roles};
use crate::policy_file::ChosenPolicy;

/// How it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// One pass each time that a schedule says so.
    Job,
    /// Pass after pass.
    App,
}

impl Container {
    fn kind(self) -> &'static str {
        match self {
            Self::Job => "Microsoft.App/jobs",
            Self::App => "Microsoft.App/containerApps",
        }
    }

    fn says(self) -> &'static str {
        match self {
            Self::Job => {
                "Keeps Microsoft Sentinel incidents in step with their Defender for Cloud alerts: a Container Apps job, one pass on a schedule."
            }
            Self::App => {
                "Keeps Microsoft Sentinel incidents in step with their Defender for Cloud alerts: a Container App that is always on."
            }
        }
    }

    fn command(self) -> &'static str {
        match self {
            Self::Job => "lockstep export container-job",
            Self::App => "lockstep export container-app",
        }
    }

    /// The expression of what lockstep is called with.
    fn arguments(self) -> String {
        let settings = format!("'--config', '{SETTINGS_FOLDER}/lockstep.toml'");
        match self {
            Self::Job => format!(
                "[if(equals(parameters('mode'), 'Apply'), createArray('apply', {settings}), createArray('plan', {settings}))]"
            ),
            Self::App => format!(
                "[if(equals(parameters('mode'), 'Apply'), createArray('watch', '--interval', parameters('interval'), {settings}), \
                 createArray('watch', '--interval', parameters('interval'), '--policy', 'observe', {settings}))]"
            ),
        }
    }
}

/// The template of a container that does what the policy says.
pub fn template(container: Container, chosen: &ChosenPolicy) -> Map<String, Value> {
    let policy = &chosen.policy;
    let mut template = Level::ResourceGroup.template(json!({
        "description": format!("{} Made by `{}`.", container.says(), container.command()),
        "policy": &*policy.name,
    }));
    template.insert("parameters".to_owned(), parameters(container));
    template.insert("variables".to_owned(), variables(container));
    let mut resources = vec![identity(), environment(), app(container, chosen)];
    resources.extend(storage());
    resources.extend([workspace_rights(policy), alert_rights(policy), ledger_rights()]);
    template.insert("resources".to_owned(), resources.into());
    template.insert("outputs".to_owned(), outputs());
    template
}

fn parameters(container: Container) -> Value {
    let image = "The image to run, by its digest: HOST/NAME@sha256:DIGEST.";
    let mut parameters = json!({
        "workspaceResourceId": text("The id of the Log Analytics workspace that Sentinel is on. It may be in any resource group and subscription of this tenant."),
        "image": match HOME_IMAGE {
            "" => text(&format!("{image} It has no default, because none is published: build one with deploy/Dockerfile and push it to a registry of your own.")),
            published => text_or(image, published),
        },
        "mode": one_of("Whether it writes: Observe shows what it would do, Apply does it.", &["Observe", "Apply"]),
        "name": {"type": "string", "defaultValue": "lockstep", "minLength": 2, "maxLength": 32, "metadata": {"description": "What it is called: lower-case letters, digits and dashes."}},
        "location": text_or("Where it runs.", "[resourceGroup().location]"),
    });
    let mut add = |name: &str, value: Value| parameters[name] = value;
    match container {
        Container::Job => add("schedule", text_or("When it runs, as a cron expression in UTC.", "*/5 * * * *")),
        Container::App => add("interval", text_or("How much time lies between two passes: 90s, 5m.", "5m")),
    }
    add(
        "identityType",
        one_of(
            "As whom it reads and writes: an identity that goes with it, or one of its own that stays.",
            &["SystemAssigned", "UserAssigned"],
        ),
    );
    add("identityName", text_or("What a user-assigned identity is called.", "[format('id-{0}', parameters('name'))]"));
    add(
        "roles",
        one_of(
            "Custom roles that allow what is needed and no more, or built-in ones where no custom ones can be made.",
            &["Custom", "BuiltIn"],
        ),
    );
    add(
        "alertSubscriptionIds",
        json!({
            "type": "array",
            "defaultValue": "[createArray(split(parameters('workspaceResourceId'), '/')[2])]",
            "metadata": {"description": "The subscriptions whose alerts are followed."},
        }),
    );
    add(
        "environmentId",
        text_or("The id of a Container Apps environment to run in; a new one is made where this is empty.", ""),
    );
    add(
        "registryServer",
        text_or(
            "A private registry that the image is pulled from as the identity, which needs AcrPull there; empty for a public one.",
            "",
        ),
    );
    add(
        "storageAccountName",
        json!({
            "type": "string",
            "defaultValue": "[take(format('stlockstep{0}', uniqueString(resourceGroup().id, parameters('name'))), 24)]",
            "minLength": 3,
            "maxLength": 24,
            "metadata": {"description": "The storage account that the ledger lies in."},
        }),
    );
    add("storageSku", text_or("How the ledger is replicated: Standard_LRS, Standard_ZRS, ...", "Standard_LRS"));
    add("containerName", text_or("The container in it.", "ledger"));
    add(
        "retentionDays",
        number(
            "For how many days nobody can change or delete what is in the ledger; 0 for no such policy. A policy that was locked is kept by deploying with 0.",
            0,
            [0, 146_000],
        ),
    );
    parameters
}

fn variables(container: Container) -> Value {
    json!({
        "workspace": "[split(parameters('workspaceResourceId'), '/')]",
        "workspaceSubscriptionId": "[variables('workspace')[2]]",
        "workspaceGroup": "[variables('workspace')[4]]",
        "workspaceName": "[variables('workspace')[8]]",
        "appId": format!("[resourceId('{}', parameters('name'))]", container.kind()),
        "environmentId": "[if(empty(parameters('environmentId')), resourceId('Microsoft.App/managedEnvironments', parameters('name')), parameters('environmentId'))]",
        "storageId": "[resourceId('Microsoft.Storage/storageAccounts', parameters('storageAccountName'))]",
        "containerId": "[resourceId('Microsoft.Storage/storageAccounts/blobServices/containers', parameters('storageAccountName'), 'default', parameters('containerName'))]",
        "identityId": "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', parameters('identityName'))]",
        "isSystem": "[equals(parameters('identityType'), 'SystemAssigned')]",
        "identity": "[if(variables('isSystem'), createObject('type', 'SystemAssigned'), createObject('type', 'UserAssigned', 'userAssignedIdentities', createObject(variables('identityId'), createObject())))]",
        "registries": "[if(empty(parameters('registryServer')), createArray(), createArray(createObject('server', parameters('registryServer'), 'identity', if(variables('isSystem'), 'system', variables('identityId')))))]",
        "arguments": container.arguments(),
        // A deployment at a subscription is bound to its location, so the location is part of its name.
        "nested": "[format('lockstep-{0}', uniqueString(variables('appId'), parameters('location')))]",
    })
}

fn identity() -> Value {
    json!({
        "condition": "[not(variables('isSystem'))]",
        "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
        "apiVersion": "2023-01-31",
        "name": "[parameters('identityName')]",
        "location": "[parameters('location')]",
    })
}

fn environment() -> Value {
    json!({
        "condition": "[empty(parameters('environmentId'))]",
        "type": "Microsoft.App/managedEnvironments",
        "apiVersion": APP,
        "name": "[parameters('name')]",
        "location": "[parameters('location')]",
        "properties": {
            "appLogsConfiguration": {"destination": "azure-monitor"},
            "workloadProfiles": [{"name": "Consumption", "workloadProfileType": "Consumption"}],
        },
    })
}

fn app(container: Container, chosen: &ChosenPolicy) -> Value {
    let preset = Preset::named(chosen.name()).filter(|_| chosen.path.is_none());
    let policy = preset.map_or("policy.toml", Preset::name);
    let mut secrets = vec![json!({"name": "settings", "value": settings(policy)})];
    let mut files = vec![json!({"secretRef": "settings", "path": "lockstep.toml"})];
    if preset.is_none() {
        secrets.push(json!({"name": "policy", "value": plain(&chosen.text)}));
        files.push(json!({"secretRef": "policy", "path": "policy.toml"}));
    }
    let mut configuration = json!({"secrets": secrets, "registries": "[variables('registries')]"});
    let mut template = json!({
        "containers": [{
            "name": "lockstep",
            "image": "[parameters('image')]",
            "args": "[variables('arguments')]",
            "resources": {"cpu": "[json('0.25')]", "memory": "0.5Gi"},
            "volumeMounts": [{"volumeName": "settings", "mountPath": SETTINGS_FOLDER}],
        }],
        "volumes": [{"name": "settings", "storageType": "Secret", "secrets": files}],
    });
    match container {
        Container::Job => {
            configuration["triggerType"] = "Schedule".into();
            // A pass that waits for throttles may take longer than the schedule; the next one finds the ledger in use and ends.
            configuration["replicaTimeout"] = 1800.into();
            configuration["replicaRetryLimit"] = 0.into();
            configuration["scheduleTriggerConfig"] =
                json!({"cronExpression": "[parameters('schedule')]", "parallelism": 1, "replicaCompletionCount": 1});
        }
        Container::App => {
            configuration["activeRevisionsMode"] = "Single".into();
            template["scale"] = json!({"minReplicas": 1, "maxReplicas": 1});
        }
    }
    json!({
        "type": container.kind(),
        "apiVersion": APP,
        "name": "[parameters('name')]",
        "location": "[parameters('location')]",
        "identity": "[variables('identity')]",
        "dependsOn": ["[variables('identityId')]", "[variables('environmentId')]", "[variables('containerId')]"],
        "properties": {
            "environmentId": "[variables('environmentId')]",
            "configuration": configuration,
            "template": template,
        },
    })
}

/// The expression of lockstep.toml.
fn settings(policy: &str) -> String {
    let lines = [
        format!("'policy = \"{policy}\"'"),
        "format('instance = \"{0}\"', parameters('name'))".to_owned(),
        "'[auth]'".to_owned(),
        "'kind = \"managed-identity\"'".to_owned(),
        "if(variables('isSystem'), '', format('client_id = \"{0}\"', reference(variables('identityId'), '2023-01-31').clientId))".to_owned(),
        "'[cloud]'".to_owned(),
        "if(equals(environment().name, 'AzureUSGovernment'), 'name = \"us-government\"', 'name = \"public\"')".to_owned(),
        "'[workspace]'".to_owned(),
        "format('tenant = \"{0}\"', subscription().tenantId)".to_owned(),
        "format('subscription = \"{0}\"', variables('workspaceSubscriptionId'))".to_owned(),
        "format('resource_group = \"{0}\"', variables('workspaceGroup'))".to_owned(),
        "format('name = \"{0}\"', variables('workspaceName'))".to_owned(),
        "format('id = \"{0}\"', reference(parameters('workspaceResourceId'), '2022-10-01').customerId)".to_owned(),
        "'[ledger]'".to_owned(),
        "format('url = \"{0}{1}/{2}\"', reference(variables('storageId'), '2023-05-01').primaryEndpoints.blob, parameters('containerName'), parameters('name'))".to_owned(),
    ];
    format!("[join(createArray({}), '\n')]", lines.join(", "))
}

/// A text that is no expression, whatever it begins with.
fn plain(text: &str) -> String {
    if text.starts_with('[') { format!("\n{text}") } else { text.to_owned() }
}

fn storage() -> [Value; 3] {
    [
        json!({
            "type": "Microsoft.Storage/storageAccounts",
            "apiVersion": STORAGE,
            "name": "[parameters('storageAccountName')]",
            "location": "[parameters('location')]",
            "sku": {"name": "[parameters('storageSku')]"},
            "kind": "StorageV2",
            "properties": {
                "accessTier": "Hot",
                "allowBlobPublicAccess": false,
                "allowCrossTenantReplication": false,
                "allowSharedKeyAccess": false,
                "defaultToOAuthAuthentication": true,
                "minimumTlsVersion": "TLS1_2",
                "supportsHttpsTrafficOnly": true,
            },
        }),
        json!({
            "type": "Microsoft.Storage/storageAccounts/blobServices/containers",
            "apiVersion": STORAGE,
            "name": "[format('{0}/default/{1}', parameters('storageAccountName'), parameters('containerName'))]",
            "dependsOn": ["[variables('storageId')]"],
            "properties": {"publicAccess": "None"},
        }),
        json!({
            "condition": "[greater(parameters('retentionDays'), 0)]",
            "type": "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies",
            "apiVersion": STORAGE,
            "name": "[format('{0}/default/{1}/default', parameters('storageAccountName'), parameters('containerName'))]",
            "dependsOn": ["[variables('containerId')]"],
            "properties": {
                "immutabilityPeriodSinceCreationInDays": "[max(parameters('retentionDays'), 1)]",
                "allowProtectedAppendWrites": true,
            },
        }),
    ]
}

fn workspace_rights(policy: &Policy) -> Value {
    let parameters = json!({
        "workspaceName": {"value": "[variables('workspaceName')]"},
        "principalId": {"value": PRINCIPAL},
        "roles": {"value": "[parameters('roles')]"},
        "mayWrite": {"value": "[equals(parameters('mode'), 'Apply')]"},
    });
    let mut rights = nested("[format('{0}-workspace', variables('nested'))]", parameters, roles::workspace(policy));
    rights["subscriptionId"] = "[variables('workspaceSubscriptionId')]".into();
    rights["resourceGroup"] = "[variables('workspaceGroup')]".into();
    rights["dependsOn"] = json!(["[variables('appId')]", "[variables('identityId')]"]);
    rights
}

fn alert_rights(policy: &Policy) -> Value {
    let parameters = json!({"principalId": {"value": PRINCIPAL}, "roles": {"value": "[parameters('roles')]"}});
    let mut rights = nested("[format('{0}-alerts', variables('nested'))]", parameters, roles::subscription(policy));
    rights["subscriptionId"] = "[parameters('alertSubscriptionIds')[copyIndex()]]".into();
    rights["location"] = "[parameters('location')]".into();
    rights["copy"] = json!({"name": "alerts", "count": "[length(parameters('alertSubscriptionIds'))]"});
    rights["dependsOn"] = json!(["[variables('appId')]", "[variables('identityId')]"]);
    rights
}

/// Adding to the ledger and reading it. Source of the actions: "Call Blob Storage operations with OAuth permissions", Append Block,
/// Put Blob, Lease Blob, Get Blob, List Blobs.
fn ledger_rights() -> Value {
    let role = CustomRole {
        word: "ledger writer",
        says: "Lets lockstep add to its ledger and read it. It allows no deleting.",
        actions: &[],
        data_actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
        ],
    };
    let mut template =
        Level::ResourceGroup.template(json!({"description": "The right to add to the ledger and to read it."}));
    template.insert(
        "parameters".to_owned(),
        json!({"storageAccountName": {"type": "string"}, "containerName": {"type": "string"}, "principalId": {"type": "string"}}),
    );
    template.insert("resources".to_owned(), json!(role.resources(&CONTAINER, None)));
    template.insert("outputs".to_owned(), json!({"removal": removal(&role.ids(&CONTAINER))}));
    let parameters = json!({
        "storageAccountName": {"value": "[parameters('storageAccountName')]"},
        "containerName": {"value": "[parameters('containerName')]"},
        "principalId": {"value": PRINCIPAL},
    });
    let mut rights = nested("[format('{0}-ledger', variables('nested'))]", parameters, template);
    rights["dependsOn"] = json!(["[variables('appId')]", "[variables('identityId')]", "[variables('containerId')]"]);
    rights
}

fn outputs() -> Value {
    let of = |id: &str| format!("reference({id}, '{DEPLOYMENTS}').outputs.removal.value");
    let workspace = of(
        "resourceId(variables('workspaceSubscriptionId'), variables('workspaceGroup'), 'Microsoft.Resources/deployments', format('{0}-workspace', variables('nested')))",
    );
    let ledger = of("resourceId('Microsoft.Resources/deployments', format('{0}-ledger', variables('nested')))");
    let alerts = of(
        "subscriptionResourceId(parameters('alertSubscriptionIds')[copyIndex()], 'Microsoft.Resources/deployments', format('{0}-alerts', variables('nested')))",
    );
    json!({
        "principalId": {"type": "string", "value": PRINCIPAL},
        "ledger": {"type": "string", "value": "[format('{0}{1}/{2}', reference(variables('storageId'), '2023-05-01').primaryEndpoints.blob, parameters('containerName'), parameters('name'))]"},
        // What an uninstallation removes, in order. The ledger is not among it: what was done stays proved until somebody decides.
        "removal": {"type": "array", "value": format!(
            "[concat({workspace}, {ledger}, createArray(variables('appId')), if(empty(parameters('environmentId')), createArray(variables('environmentId')), createArray()), if(variables('isSystem'), createArray(), createArray(variables('identityId'))))]"
        )},
        "removalInSubscriptions": {
            "type": "array",
            "copy": {"count": "[length(parameters('alertSubscriptionIds'))]", "input": format!("[{alerts}]")},
        },
        "storageAccountId": {"type": "string", "value": "[variables('storageId')]"},
    })
}

/// The principal of the identity.
const PRINCIPAL: &str = "[if(variables('isSystem'), reference(variables('appId'), '2024-03-01', 'full').identity.principalId, reference(variables('identityId'), '2023-01-31').principalId)]";
/// Where the settings are found in the container.
const SETTINGS_FOLDER: &str = "/etc/lockstep";
const APP: &str = "2024-03-01";
const STORAGE: &str = "2023-05-01";
