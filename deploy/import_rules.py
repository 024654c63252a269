"""The import-linter contract of the pure core: closed by default, so a new file is core until it is named a shell."""

import sys
from typing import cast

import grimp
from importlinter import Contract, ContractCheck, fields, output


class CoreContract(Contract):
    """Modules of a service outside `shell` import only the standard library and core modules of the same service."""

    type_name = "core"

    services = fields.StringField()
    shell = fields.ListField(subfield=fields.StringField())

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        wrong = sorted(
            f"{module} -> {imported}"
            for module in graph.modules
            if self._is_core(module)
            for imported in graph.find_modules_directly_imported_by(module)
            if not self._may_import(module, imported)
        )
        return ContractCheck(kept=not wrong, metadata={"wrong": wrong})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["wrong"]:
            output.print_error(line, bold=False)
        output.new_line()

    def _is_core(self, module: str) -> bool:
        root, *rest = module.split(".")
        # The fields are descriptors: here they hold what the configuration says.
        services, shell = cast(str, self.services), cast(list[str], self.shell)
        return root == services and len(rest) > 1 and rest[1] not in shell

    def _may_import(self, module: str, imported: str) -> bool:
        if imported.partition(".")[0] in sys.stdlib_module_names:
            return True
        own_service = ".".join(module.split(".")[:2])
        return imported.startswith(f"{own_service}.") and self._is_core(imported)
