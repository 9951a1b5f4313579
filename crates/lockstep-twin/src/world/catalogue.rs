//! A few kinds of alert, of the sort that Defender for Cloud raises, for samples and demonstrations.

use super::alert::NewAlert;
use super::words::Severity;

/// One kind of alert.
pub(crate) struct Kind {
    /// The bundle that `simulate` knows it by.
    pub(crate) bundle: &'static str,
    alert_type: &'static str,
    display_name: &'static str,
    description: &'static str,
    severity: Severity,
    intent: &'static str,
    technique: &'static str,
    resource_type: &'static str,
    resource: &'static str,
    remedy: &'static str,
}

impl Kind {
    /// An alert of this kind, about the kind's usual resource.
    pub(crate) fn alert(&self) -> NewAlert {
        NewAlert {
            alert_type: self.alert_type.into(),
            display_name: self.display_name.into(),
            description: self.description.into(),
            severity: self.severity,
            intent: self.intent.into(),
            techniques: vec![self.technique.into()],
            resource_type: self.resource_type.into(),
            resource: self.resource.into(),
            subscription_id: None,
            resource_group: None,
            location: None,
            remediation_steps: vec![self.remedy.into()],
            product_name: None,
            incident: None,
        }
    }

    /// The sample alert that `simulate` makes of this kind.
    pub(crate) fn sample(&self) -> NewAlert {
        NewAlert {
            alert_type: format!("SIMULATED_{}", self.alert_type),
            display_name: format!("[SAMPLE ALERT] {}", self.display_name),
            description: format!("THIS IS A SAMPLE ALERT: {}", self.description),
            resource: format!("Sample-{}", self.resource),
            resource_group: Some("Sample-RG".into()),
            ..self.alert()
        }
    }
}

/// The kind that is raised where none is asked for.
pub(crate) const SUSPICIOUS_PROCESS: Kind = Kind {
    bundle: "VirtualMachines",
    alert_type: "VM_SuspiciousProcess",
    display_name: "Suspicious process executed",
    description: "Machine logs show that a process known from credential theft tools was started on the machine.",
    severity: Severity::High,
    intent: "Execution",
    technique: "T1059",
    resource_type: "Microsoft.Compute/virtualMachines",
    resource: "vm-frontend-01",
    remedy: "Run a full antimalware scan and check which account started the process.",
};

/// The kinds that can be simulated, one for each bundle of the specification.
pub(crate) const KINDS: &[Kind] = &[
    SUSPICIOUS_PROCESS,
    Kind {
        bundle: "AppServices",
        alert_type: "AppServices_PhishingContent",
        display_name: "Phishing content hosted on Azure Webapps",
        description: "A page that imitates a sign-in form was found on the web app.",
        severity: Severity::High,
        intent: "Collection",
        technique: "T1566",
        resource_type: "Microsoft.Web/sites",
        resource: "app-shop",
        remedy: "Take the page down and rotate the deployment credentials.",
    },
    Kind {
        bundle: "DNS",
        alert_type: "AzureDNS_DataExfiltration",
        display_name: "Possible data exfiltration via DNS tunnel",
        description: "DNS queries of the resource look like data leaving through a tunnel.",
        severity: Severity::Low,
        intent: "Exfiltration",
        technique: "T1048",
        resource_type: "Microsoft.Network/virtualNetworks",
        resource: "vnet-hub",
        remedy: "Find the process that sends the queries.",
    },
    Kind {
        bundle: "KeyVaults",
        alert_type: "KV_TORAccess",
        display_name: "Access from a TOR exit node to a key vault",
        description: "The key vault was accessed from an address known as a TOR exit node.",
        severity: Severity::Medium,
        intent: "CredentialAccess",
        technique: "T1555",
        resource_type: "Microsoft.KeyVault/vaults",
        resource: "kv-payments",
        remedy: "Check who holds the access and rotate the secrets that were read.",
    },
    Kind {
        bundle: "KubernetesService",
        alert_type: "K8S_PrivilegedContainer",
        display_name: "Privileged container detected",
        description: "A container that can reach the node's resources was started.",
        severity: Severity::Low,
        intent: "PrivilegeEscalation",
        technique: "T1611",
        resource_type: "Microsoft.ContainerService/managedClusters",
        resource: "aks-orders",
        remedy: "Remove the privilege unless the workload needs it.",
    },
    Kind {
        bundle: "ResourceManager",
        alert_type: "ARM_OperationFromSuspiciousIP",
        display_name: "Azure Resource Manager operation from suspicious IP address",
        description: "An operation came from an address that threat intelligence marks as suspicious.",
        severity: Severity::Medium,
        intent: "Execution",
        technique: "T1078",
        resource_type: "Microsoft.Authorization/roleAssignments",
        resource: "subscription",
        remedy: "Check the account that sent the operation.",
    },
    Kind {
        bundle: "SqlServers",
        alert_type: "SQL.DB_BruteForce",
        display_name: "Suspected brute-force attack attempt",
        description: "Many sign-ins with different credentials failed against the SQL server.",
        severity: Severity::High,
        intent: "PreAttack",
        technique: "T1110",
        resource_type: "Microsoft.Sql/servers",
        resource: "sql-orders",
        remedy: "Restrict the server's firewall to known addresses.",
    },
    Kind {
        bundle: "StorageAccounts",
        alert_type: "Storage.Blob_AnonymousAccessAnomaly",
        display_name: "Unusual unauthenticated access to a storage container",
        description: "A storage container was read without authentication, which is unusual for this account.",
        severity: Severity::Medium,
        intent: "InitialAccess",
        technique: "T1530",
        resource_type: "Microsoft.Storage/storageAccounts",
        resource: "stinvoices",
        remedy: "Turn anonymous access off.",
    },
    Kind {
        bundle: "CosmosDbs",
        alert_type: "CosmosDB_TorAnomaly",
        display_name: "Access from a TOR exit node to an Azure Cosmos DB account",
        description: "The account was accessed from an address known as a TOR exit node.",
        severity: Severity::Medium,
        intent: "InitialAccess",
        technique: "T1090",
        resource_type: "Microsoft.DocumentDB/databaseAccounts",
        resource: "cosmos-profile",
        remedy: "Check the keys' use and rotate them.",
    },
];
