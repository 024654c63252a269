"""The facts of a town of Gütersloh's size; a package so that they are installed with the code."""
