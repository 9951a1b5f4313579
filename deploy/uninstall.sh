#!/bin/sh
# Removes what a deployment of one of these templates brought, in the order in which it can go:
#   sh deploy/uninstall.sh RESOURCE-GROUP DEPLOYMENT [--ledger]
# Roles go before the identity that holds them, so that no assignment is left to nobody. The ledger's storage account goes with
# --ledger alone. Needs the Azure CLI and jq, and the rights that the deployment needed.
set -eu

group="${1:?the resource group is missing}"
deployment="${2:?the name of the deployment is missing: az deployment group list -g $group --query [].name}"
outputs="$(az deployment group show -g "$group" -n "$deployment" --query properties.outputs -o json)"

echo "$outputs" | jq -r '(.removalInSubscriptions.value // [] | add // [])[], (.removal.value // [])[]' | while read -r id; do
  case "$id" in
    */Microsoft.Authorization/*) version=2022-04-01 ;;
    */Microsoft.App/*) version=2024-03-01 ;;
    */Microsoft.ManagedIdentity/*) version=2023-01-31 ;;
    */Microsoft.Logic/*) version=2019-05-01 ;;
    *) echo "what is this? $id" >&2; exit 1 ;;
  esac
  echo "removing $id"
  # A role that another installation holds as well stays.
  az rest --method delete --url "$id?api-version=$version" || echo "left: $id" >&2
done

account="$(echo "$outputs" | jq -r '.storageAccountId.value // empty')"
if [ -n "$account" ]; then
  if [ "${3:-}" = --ledger ]; then
    az storage account delete --ids "$account" --yes
  else
    echo "the ledger stays in $account; --ledger removes it"
  fi
fi
