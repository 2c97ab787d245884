"""The narratives: forms that ask each authority about its exceptions, and what came back."""
