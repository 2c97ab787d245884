"""Fixtures of the gate's tests."""

from tests.unit.exports.release.registers import made_up_registers

__all__ = ["made_up_registers"]
