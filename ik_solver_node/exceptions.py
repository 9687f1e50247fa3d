"""The errors this package raises: one class per kind of mistake, all of them ``ValueError``."""


class IkSolverError(ValueError):
    """Base of every error this package raises for a mistake in what it was given."""


class UrdfError(IkSolverError):
    """The robot description cannot be read or does not describe a valid robot."""


class ChainError(IkSolverError):
    """No kinematic chain can be built between the links that were asked for."""


class InvalidPoseError(IkSolverError):
    """A position, orientation or joint vector is not finite or of a wrong shape or length."""


class OptionsError(IkSolverError):
    """An option or parameter has a wrong type or lies outside its range."""


class MissingDependencyError(IkSolverError, ImportError):
    """An optional package that this call needs is not installed."""


class MeshError(IkSolverError):
    """A mesh cannot be shown."""


class RecordingError(IkSolverError):
    """A recording cannot be written or read, or lacks what is needed of it."""
